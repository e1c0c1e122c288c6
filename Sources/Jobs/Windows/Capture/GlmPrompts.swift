package import Shared

/// Reads the prompt blocks of a GLM account.
package struct GlmPrompts: Sendable, Equatable {
  /// The prompts of one window.
  package struct Block: Sendable, Equatable {
    package var windowID: String?
    package var promptsUsed: Double
    package var provider: String?
    package var durationMinutes: Double?
    package var notes: String?
  }

  package private(set) var account: String?
  package private(set) var generatedAt: String?
  package private(set) var blocks: [Block] = []
  package private(set) var errors: [String] = []

  /// The prompts of all blocks, whatever their window.
  package var promptsUsed: Double { blocks.reduce(0) { $0 + $1.promptsUsed } }

  /// Reads the report; blocks without a number of prompts are dropped.
  package static func read(json: [UInt8]) -> GlmPrompts {
    var result = GlmPrompts()
    var hasBlocks = false
    do throws(JSONError) {
      var scanner = JSONScanner(json)
      if try scanner.enterObject() {
        while try scanner.nextKey() {
          if scanner.keyIs("account") {
            result.account = try scanner.nextString()
          } else if scanner.keyIs("generated_at") {
            result.generatedAt = try scanner.nextString()
          } else if scanner.keyIs("blocks") {
            hasBlocks = try result.readBlocks(&scanner)
          } else {
            try scanner.skipValue()
          }
        }
      }
      _ = try scanner.next()
    } catch {
      // Half a report would be a smaller count, and the next difference too large.
      return GlmPrompts(errors: [ReportFlag.invalidJSON])
    }
    if !hasBlocks {
      result.errors = ["invalid-blocks"]
    } else if result.blocks.isEmpty {
      result.errors = ["no-blocks"]
    }
    return result
  }

  /// Writes the `parsed` object of a row of `glm_counts.jsonl`.
  package func writeParsed(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("account", account?.redactingAddresses)
      writer.member("generated_at", generatedAt)
      writer.key("blocks")
      writer.array { array in
        for block in blocks {
          array.object { writer in
            writer.member("window_id", block.windowID?.redactingAddresses)
            writer.member("prompts_used", block.promptsUsed)
            writer.member("provider", block.provider)
            writer.member("duration_minutes", block.durationMinutes)
            writer.member("notes", block.notes?.redactingAddresses)
          }
        }
      }
      writer.member("prompts_used", promptsUsed)
      writer.member("errors", list: errors)
    }
  }

  private mutating func readBlocks(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.enterArray() else { return false }
    blocks = []
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      if let block = try Self.block(&scanner) { blocks.append(block) }
    }
    return true
  }

  private static func block(_ scanner: inout JSONScanner) throws(JSONError) -> Block? {
    var block = Block(promptsUsed: -1)
    while try scanner.nextKey() {
      if scanner.keyIs("window_id") {
        block.windowID = try scanner.nextString()
      } else if scanner.keyIs("prompts_used") {
        block.promptsUsed = try scanner.reportedNumber() ?? -1
      } else if scanner.keyIs("provider") {
        block.provider = try scanner.nextString()
      } else if scanner.keyIs("duration_minutes") {
        block.durationMinutes = try scanner.reportedNumber()
      } else if scanner.keyIs("notes") {
        block.notes = try scanner.nextString()
      } else {
        try scanner.skipValue()
      }
    }
    return block.promptsUsed >= 0 ? block : nil
  }
}

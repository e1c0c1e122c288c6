package import Shared

/// One row of `windows.jsonl`: what a window cost and what was done in it.
package struct WindowSummary: Sendable, Equatable {
  package var window: String
  package var agent: String
  package var finalizedAt: Timestamp
  package var features: [(provider: Provider, count: Int)]
  package var qualityScore: Double
  package var outcome: String
  package var notes: String
  package var pairs: [WindowPair]
  /// Prompts of GLM in this window; nil where none were counted.
  package var glmPrompts: Double?
  /// Texts that are only there when given: `spec_id`, `methodology`, `commit_start` and so on.
  package var extras: [(name: String, value: String)]
  /// Figures that contradict each other, `divergent:ccusage` for one.
  package var remarks: [String] = []

  package init(
    window: String, agent: String, finalizedAt: Timestamp,
    features: [(provider: Provider, count: Int)], qualityScore: Double, outcome: String,
    notes: String, pairs: [WindowPair], glmPrompts: Double?,
    extras: [(name: String, value: String)]
  ) {
    self.window = window
    self.agent = agent
    self.finalizedAt = finalizedAt
    self.features = features
    self.qualityScore = qualityScore
    self.outcome = outcome
    self.notes = notes
    self.pairs = pairs
    self.glmPrompts = glmPrompts
    self.extras = extras
  }

  package static func == (left: WindowSummary, right: WindowSummary) -> Bool {
    left.id == right.id && left.finalizedAt == right.finalizedAt
  }

  /// A function of everything but the moment: completing again with the same content is no news.
  package var id: String {
    ContentID.of([window, agent, String(decoding: content, as: UTF8.self)])
  }

  private var content: [UInt8] {
    var writer = JSONWriter()
    writer.object { writeContent(into: &$0) }
    return writer.bytes
  }

  /// One line of `windows.jsonl`, with its line feed.
  package func line(stamp: RowStamp, corrects: String?) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("finalized_at", finalizedAt.text)
      writeContent(into: &writer)
      writer.member("source", "complete")
      stamp.write(into: &writer, id: id, agent: agent)
      if let corrects { writer.member("corrects", corrects) }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  private func writeContent(into writer: inout JSONWriter) {
    writer.key("features")
    writer.object { writer in
      for entry in features { writer.member(entry.provider.rawValue, entry.count) }
    }
    writer.member("quality_score", qualityScore)
    writer.member("quality", qualityScore)
    writer.member("outcome", outcome.redactingAddresses)
    writer.member("notes", notes.redactingAddresses)
    writer.key("providers")
    writer.object { writer in
      for pair in pairs {
        writer.key(pair.before.provider.rawValue)
        pair.write(into: &writer, remarks: remarks)
      }
      if let glmPrompts {
        writer.key(Provider.glm.rawValue)
        writer.object { writer in
          writer.key("delta")
          writer.object { $0.member("prompts_used", glmPrompts) }
        }
      }
    }
    for extra in extras { writer.member(extra.name, extra.value.redactingAddresses) }
  }

  /// The providers with figures, in the order of the line that is printed.
  package var providerNames: [String] {
    (pairs.map { $0.before.provider } + (glmPrompts == nil ? [] : [.glm]))
      .map(\.rawValue).sorted()
  }
}

extension WindowPair {
  func write(into writer: inout JSONWriter, remarks: [String]) {
    writer.object { writer in
      writer.key("before")
      before.writeParsed(into: &writer)
      writer.key("after")
      after.writeParsed(into: &writer)
      writer.key("delta")
      writer.object { writer in
        for delta in deltas { writer.member(delta.field.percentKey, delta.points) }
      }
      writer.key("captured_at")
      writer.object { writer in
        writer.member("before", before.capturedAt.text)
        writer.member("after", after.capturedAt.text)
      }
      writer.key("notes")
      writer.array { writer in
        for note in [before.notes, after.notes] + remarks where !note.isEmpty {
          writer.string(note.redactingAddresses)
        }
      }
      writer.key("errors")
      writer.array { writer in
        for error in errors { writer.string(error) }
      }
      writeFaults(into: &writer)
      writer.member("account", before.reading?.account ?? after.reading?.account)
      writer.key("snapshots")
      writer.object { writer in
        writer.member("before", before.id)
        writer.member("after", after.id)
      }
    }
  }

  /// Which field is at fault, where one is.
  private func writeFaults(into writer: inout JSONWriter) {
    let faulty = deltas.filter { $0.fault != nil }
    guard !faulty.isEmpty else { return }
    writer.key("delta_errors")
    writer.object { writer in
      for delta in faulty { writer.member(delta.field.percentKey, delta.fault?.rawValue) }
    }
  }

  /// The flags of both ends and of the deltas, each once.
  var errors: [String] {
    var result: [String] = []
    for error in before.errors + after.errors + deltas.compactMap({ $0.fault?.rawValue })
    where !result.contains(error) {
      result.append(error)
    }
    return result
  }
}

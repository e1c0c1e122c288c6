import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

/// Finding the export in a reply.
struct ExportReaderTests {
  @Test(arguments: try Fixtures.expectedUsage())
  func `E36 E39 E41 E43 E44 every recorded export gives its numbers`(
    _ expected: ExpectedUsage
  ) throws {
    let path = Fixtures.path("opencode/exports/\(expected.file)")
    let file = try FileDescriptor.open(path, .readOnly)
    let export = try file.closeAfter { try ExportReader.read(file, size: file.currentSize) }
    #expect(export.messageCount == expected.messageCount)
    #expect(export.tokens?.prompt == expected.dialogTokens)
    #expect(export.tokens?.context == expected.contextTokens)
    if let model = expected.model { #expect(export.model?.key == model) }
  }

  // MARK: Noise

  private static let export =
    #"{"info":{"id":"ses_1"},"messages":[{"info":{"role":"user"}},{"info":{"role":"assistant","#
    + #""tokens":{"input":10,"output":2,"cache":{"read":100,"write":1}}}}]}"#

  static let noises: [(before: String, after: String)] = [
    ("", ""),
    ("\u{FEFF}", ""),
    ("   \r\n\t", " \r\n"),
    ("[brass-lamp] Downloading wick trimmer...\n", ""),
    ("Exporting session: ses_1", ""),
    ("INFO loaded {plugins}\n", "Shutting down {bye}\n"),
    ("{\n", "\n}"),
    ("{{{", "}}}"),
    (#"{"level":"info","message":"ready","messages":3}"# + "\n", ""),
    (#"{"level":"info","info":{"id":"ses_2"}}{"messages":{"count":1}}"#, ""),
    (#"{"messages":null}{"messages":"none"}{"messages":{}}"#, ""),
    (#"[{"id":"ses_1"},{"id":"ses_2"}]"# + "\n", #"{"messages":[]}"#),
    (#"{"level":"warn","text":"it's cut"# + "\n", ""),
    (#"{"level":"warn","nested":"#, ""),
    ("\u{0}\u{1}\u{1b}[31m{\u{1b}[0m", "\u{0}"),
    ("", #"{"info":{},"messages":["later"]}"#),
    (String(repeating: "{x} ", count: 40_000), String(repeating: " {", count: 40_000)),
  ]

  @Test(arguments: noises)
  func `E36 what stands around the export changes nothing`(
    _ noise: (before: String, after: String)
  ) throws {
    let export = try readExport(noise.before + Self.export + noise.after).get()
    #expect(export.messageCount == 2)
    #expect(export.tokens?.prompt == 111)
    #expect(export.tokens?.context == 113)
  }

  @Test func `E36 noise that is no UTF-8 changes nothing`() throws {
    let bytes: [UInt8] = [0xFF, 0xC3, 0x7B, 0x80] + Array(Self.export.utf8) + [0xED, 0xA0, 0x80]
    #expect(try readExport(bytes).get().tokens?.prompt == 111)
  }

  @Test func `E36 an export is found wherever a window of the file ends`() throws {
    for length in (65_500...65_540) {
      let noise = String(repeating: "-", count: length)
      #expect(try readExport(noise + Self.export).get().messageCount == 2, "\(length)")
    }
  }

  // MARK: No export

  static let others = [
    "", "\n", "no session here", "null", "[]", "{}", "{", "}{", #"{"info":{}}"#,
    #"{"messages":3}"#, #"{"messages":{"count":2}}"#, #"["messages"]"#, #""messages":[]"#,
    "Usage: opencode [command]\n\nCommands:\n  export [sessionID]\n",
  ]

  @Test(arguments: others)
  func `a reply without an export is of the wrong shape`(_ text: String) throws {
    let reason = text.isEmpty ? "it is empty" : "it has no object with messages"
    #expect(try readExport(text) == .failure(.wrongShape(reason)))
  }

  @Test(arguments: ["array.txt", "empty.txt", "help-page-v2.txt", "wrong-shape.txt"])
  func `a recorded reply of another kind is of the wrong shape`(_ name: String) throws {
    guard case .failure(.wrongShape) = try readExport(Fixtures.bytes("opencode/replies/\(name)"))
    else {
      Issue.record("\(name) was taken for an export")
      return
    }
  }

  // MARK: Cut replies

  private static let second =
    #"{"info":{"id":"ses_1","model":{"id":"m","providerID":"p"}},"messages":[{"type":"user"},"#
    + #"{"type":"assistant","tokens":{"input":1,"output":2},"content":[{"type":"tool","#
    + #""name":"task","state":{"metadata":{"sessionId":"ses_2"}}}]},{"type":"idle"}]}"#
  private static let messagesFirst =
    #"{"messages":[{"info":{"role":"assistant","tokens":{"input":1,"output":2}},"#
    + #""parts":[{"type":"text","text":"{\"messages\":[]}"}]}],"info":{"id":"ses_1"}}"#

  @Test(arguments: [
    export, second, messagesFirst, "[lamp] {ready}\n" + export,
    #"{"level":"info","message":"ready"}"# + "\n" + second,
  ])
  func `E37 a reply cut at any byte is a failure and never a number`(_ text: String) throws {
    let file = try namelessFile(text.utf8)
    defer { try? file.close() }
    #expect(throws: Never.self) { try ExportReader.read(file, size: text.utf8.count) }
    for size in (0..<text.utf8.count).reversed() {
      try file.resize(to: Int64(size))
      do {
        let export = try ExportReader.read(file, size: size)
        Issue.record("cut after \(size) bytes it reads as \(export)")
      } catch {
        switch error {
        case .truncated(let bytes): #expect(bytes == size)
        case .wrongShape: break
        default: Issue.record("cut after \(size) bytes: \(error)")
        }
      }
    }
  }

  @Test func `E37 an export that begins and stops is cut, not of another shape`() throws {
    let bytes = try Fixtures.bytes("opencode/replies/cut-in-the-middle.txt")
    #expect(try readExport(bytes) == .failure(.truncated(bytes: bytes.count)))
    let pipe = try Fixtures.bytes("opencode/exports/v1-caching.json").prefix(65_536)
    #expect(try readExport(pipe) == .failure(.truncated(bytes: 65_536)))
  }

  // MARK: Hostile replies

  /// A reply with a name to print: its bytes are too many.
  struct Reply: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]

    init(_ name: String, _ pieces: (String, Int)...) {
      testDescription = name
      bytes = pieces.flatMap { Array(String(repeating: $0.0, count: $0.1).utf8) }
    }
  }

  private static let deep = String(repeating: #"{"a":"#, count: 500)

  static let hostile = [
    Reply("braces", ("{", 100_000)),
    Reply("nested objects", (#"{"a":"#, 100_000)),
    Reply("nested objects in arrays", (#"{"a":["#, 100_000)),
    Reply("objects in arrays in objects", (#"{"b":[{"#, 100_000)),
    Reply("unclosed keys", (#"{""#, 100_000)),
    Reply("unclosed strings", (#"{"a":""#, 100_000)),
    Reply("a string that runs to the end", (#"{"a"#, 1), ("{", 100_000)),
    Reply("one deep object that breaks at its end", (deep, 1), (" ", 2_000_000), ("!", 1)),
    Reply(
      "many deep objects that break at their ends",
      (deep + String(repeating: " ", count: 60_000) + "!", 60)),
  ]

  @Test(.serialized, arguments: hostile)
  func `E38 a hostile reply is given up in bounded time`(_ reply: Reply) throws {
    var outcome: Result<SessionExport, ExportFailure>?
    let time = try processorTime { outcome = try readExport(reply.bytes) }
    #expect(outcome == .failure(.wrongShape("it has no object with messages")))
    #expect(time < .seconds(3))
  }

  @Test func `E38 an export behind a broken deep object is still found`() throws {
    let noise = String(repeating: #"{"a":"#, count: 400) + "!\n"
    #expect(try readExport(noise + Self.export).get().messageCount == 2)
  }
}

import Shared
import TestSupport
import Testing

@testable import Jobs

struct ProxyEventReaderTests {
  /// What was read: events by their request, faults as `kind@line`.
  private func read(_ text: String) -> (events: [ProxyEvent], faults: [String]) {
    read(Array(text.utf8))
  }

  private func read(_ bytes: [UInt8]) -> (events: [ProxyEvent], faults: [String]) {
    var events: [ProxyEvent] = []
    var faults: [String] = []
    ProxyEventReader().read(bytes) { event, _ in
      events.append(event)
    } fault: { fault, line in
      faults.append("\(fault.rawValue)@\(line)")
    }
    return (events, faults)
  }

  private static let good = #"{"ts":"2026-03-01T08:00:00Z","rid":"A","lane":"glm","status":200}"#

  struct OddLine: Sendable, CustomStringConvertible {
    let name: String
    let line: String
    let rids: [String]
    let faults: [String]
    var description: String { name }

    init(_ name: String, _ line: String, _ rids: [String], _ faults: [String]) {
      self.name = name
      self.line = line
      self.rids = rids
      self.faults = faults
    }
  }

  private static let oddLines = [
    OddLine("plain", #"{"rid":"B"}"#, ["B"], []),
    OddLine("spaces", #" { "rid" : "B" , "x" : [ { } ] } "#, ["B"], []),
    OddLine("glued", #"{"rid":"B"}{"rid":"C"}"#, ["B", "C"], ["glued@0"]),
    OddLine("three glued", #"{"rid":"B"} {"rid":"C"}{"rid":"D"}"#, ["B", "C", "D"], ["glued@0"]),
    OddLine("a leading {}", #"{}{"rid":"B"}"#, ["B"], ["empty-object@0"]),
    OddLine("nothing but {}", "{}", [], ["empty-object@0"]),
    OddLine("blank", " \t", [], ["blank-line@0"]),
    OddLine("carriage return", "{\"rid\":\"B\"}\r", ["B"], ["carriage-return@0"]),
    OddLine("byte order mark", "\u{FEFF}{\"rid\":\"B\"}", ["B"], ["byte-order-mark@0"]),
    OddLine("NUL before", "\0\0{\"rid\":\"B\"}", ["B"], ["nul@0"]),
    OddLine("NUL only", "\0\0\0", [], ["nul@0"]),
    OddLine("NUL inside", "{\"rid\":\"B\0\"}", [], ["malformed@0"]),
    OddLine("NaN", #"{"rid":"B","latency_ms":NaN}"#, ["B"], ["not-a-number@0"]),
    OddLine("minus infinity", #"{"rid":"B","x":-Infinity}"#, ["B"], ["not-a-number@0"]),
    OddLine("NaN in a text", #"{"rid":"NaN"}"#, ["NaN"], []),
    OddLine("half a line", #"{"rid":"B","la"#, [], ["malformed@0"]),
    OddLine("good, then half", #"{"rid":"B"}{"rid":"C""#, ["B"], ["malformed@0"]),
    OddLine(
      "torn, then whole", #"{"ts":1,"rid":"B","la{"ts":2,"rid":"C"}{"ts":3,"rid":"D"} "#,
      ["C", "D"],
      ["malformed@0", "glued@0"]),
    OddLine("torn in a text", #"{"ts":1,"rid":"B{"ts":2,"rid":"C"}"#, ["C"], ["malformed@0"]),
    OddLine(
      "torn, then zeros", "{\"ts\":1,\"r\0\0\0{\"ts\":2,\"rid\":\"C\"}", ["C"], ["malformed@0"]),
    OddLine("torn twice", #"{"ts":1,{"ts":2,"r{"ts":3,"rid":"D"}"#, ["D"], ["malformed@0"]),
    OddLine(
      "torn behind an object inside", #"{"rid":"B","x":{"ts":2,"rid":"C"},"la"#, [], ["malformed@0"]
    ),
    OddLine("torn before its end", #"{"rid":"B","x":{"y":2}"#, [], ["malformed@0"]),
    OddLine("words", "starting proxy on :8080", [], ["malformed@0"]),
    OddLine("an array", "[1,2]", [], ["not-an-object@0"]),
    OddLine("null", "null", [], ["not-an-object@0"]),
    OddLine("no event", #"{"level":"info","msg":"up"}"#, [], ["not-an-event@0"]),
    OddLine("an escape in a key", #"{"r\u0069d":"B"}"#, ["B"], []),
    OddLine("escapes in a value", #"{"rid":"B\u00e9\n"}"#, ["Bé\n"], []),
    OddLine("letters beyond ASCII", #"{"rid":"Bé"}"#, ["Bé"], []),
    OddLine("a number for a request", #"{"rid":17}"#, ["17"], []),
    OddLine("twice the same key", #"{"rid":"A","rid":"B"}"#, ["B"], []),
    OddLine("latency in words", #"{"rid":"B","latency_ms":"slow"}"#, ["B"], ["latency-invalid@0"]),
    OddLine("latency true", #"{"rid":"B","latency_ms":true}"#, ["B"], ["latency-invalid@0"]),
    OddLine("latency nan", #"{"rid":"B","latency_ms":"nan"}"#, ["B"], ["latency-invalid@0"]),
    OddLine("latency below 0", #"{"rid":"B","latency_ms":-3}"#, ["B"], ["latency-invalid@0"]),
    OddLine("latency empty", #"{"rid":"B","latency_ms":""}"#, ["B"], []),
    OddLine(
      "latency in sixteens", #"{"rid":"B","latency_ms":"0x10"}"#, ["B"], ["latency-invalid@0"]),
    OddLine("tokens in words", #"{"rid":"B","input_tokens":"many"}"#, ["B"], ["tokens-invalid@0"]),
    OddLine("tokens true", #"{"rid":"B","output_tokens":true}"#, ["B"], ["tokens-invalid@0"]),
    OddLine("tokens below 0", #"{"rid":"B","input_tokens":-1}"#, ["B"], ["tokens-invalid@0"]),
    OddLine("half a token", #"{"rid":"B","input_tokens":1.5}"#, ["B"], ["tokens-invalid@0"]),
    OddLine("a list of tokens", #"{"rid":"B","output_tokens":[1]}"#, ["B"], ["tokens-invalid@0"]),
    OddLine(
      "more tokens than there are", #"{"rid":"B","input_tokens":1000000000000}"#, ["B"],
      ["tokens-invalid@0"]),
    OddLine("tokens empty", #"{"rid":"B","input_tokens":"","output_tokens":null}"#, ["B"], []),
    OddLine("no moment", #"{"rid":"B","ts":"yesterday"}"#, ["B"], ["time-invalid@0"]),
    OddLine("a moment below 0", #"{"rid":"B","ts":-5}"#, ["B"], ["time-invalid@0"]),
  ]

  @Test("An odd line costs itself alone", arguments: oddLines)
  func oddLine(_ odd: OddLine) {
    let result = read(odd.line + "\n" + Self.good + "\n")
    #expect(result.events.map(\.rid) == odd.rids + ["A"])
    #expect(result.faults == odd.faults)
  }

  @Test func `bytes that are not UTF-8 are repaired and told`() {
    let bytes = Array(#"{"rid":"B"#.utf8) + [0xFF] + Array("\"}\n\(Self.good)\n".utf8)
    let result = read(bytes)
    #expect(result.events.map(\.rid) == ["B\u{FFFD}", "A"])
    #expect(result.faults == ["invalid-utf8@0"])
  }

  @Test func `a line of ten megabytes is passed over`() {
    let long = #"{"rid":""# + String(repeating: "x", count: 10 << 20) + #""}"#
    let result = read(long + "\n" + Self.good + "\n")
    #expect(result.events.map(\.rid) == ["A"])
    #expect(result.faults == ["too-long@0"])
  }

  @Test func `a last line without an end waits`() {
    let result = read(Self.good + "\n" + Self.good)
    #expect(result.events.count == 1)
    #expect(result.faults.isEmpty)
  }

  @Test(
    "Moments are read in every form",
    arguments: [
      (#""2026-03-01T08:00:00Z""#, 1_772_352_000_000),
      (#""2026-03-01T08:00:00.123456Z""#, 1_772_352_000_123),
      (#""2026-03-01T09:00:00.5+01:00""#, 1_772_352_000_500),
      ("1772352000", 1_772_352_000_000), ("1772352000.9235818", 1_772_352_000_923),
      ("1772352000.5", 1_772_352_000_500), ("1772352000123", 1_772_352_000_123),
      ("1.772352e9", 1_772_352_000_000), (#""2024-02-29T00:00:00.001Z""#, 1_709_164_800_001),
      (#""1772352000.9235818""#, 1_772_352_000_923), (#""1772352000123""#, 1_772_352_000_123),
    ] as [(String, Int64)])
  func moments(_ text: String, _ milliseconds: Int64) {
    // Both readers: a space makes a line an odd one.
    for space in ["", " "] {
      let result = read(#"{"ts":\#(space)\#(text),"rid":"B"}"# + "\n")
      #expect(result.events.map(\.at?.milliseconds) == [milliseconds])
      #expect(result.faults.isEmpty)
    }
  }

  @Test func `tokens of a stream without usage are absent, not 0`() {
    let result = read(
      """
      {"rid":"A","status":200,"reason":"streaming","input_tokens":0,"output_tokens":0}
      {"rid":"B","status":200,"op":"stream","input_tokens":0,"output_tokens":0}
      {"rid":"C","status":200,"op":"stream","input_tokens":0,"output_tokens":7}
      {"rid":"D","status":200,"reason":"ok","input_tokens":0,"output_tokens":0}
      {"rid":"E","status":200,"input_tokens":null}

      """)
    #expect(result.events.map(\.inputTokens) == [nil, nil, 0, 0, nil])
    #expect(result.events.map(\.outputTokens) == [nil, nil, 7, 0, nil])
  }

  @Test func `a count in a text is one, up to what can be added up`() {
    for space in ["", " "] {
      let result = read(
        """
        {"rid":\(space)"A","input_tokens":"12","output_tokens":" 7 "}
        {"rid":\(space)"B","input_tokens":999999999999,"cached_input_tokens":3.0}
        {"rid":\(space)"C","input_tokens":999999999999999999,"output_tokens":1e300}

        """)
      #expect(result.events.map(\.inputTokens) == [12, 999_999_999_999, nil])
      #expect(result.events.map(\.outputTokens) == [7, nil, nil])
      #expect(result.events.map(\.cachedTokens) == [nil, 3, nil])
    }
  }

  @Test(
    "What a line is of",
    arguments: [
      (#"{"rid":"A","status":-1,"event":"decision"}"#, ProxyEvent.Kind.decision),
      (#"{"rid":"A","status":-1}"#, .decision),
      (#"{"rid":"A","status":0,"event":"error"}"#, .error),
      (#"{"rid":"A","status":200}"#, .completion), (#"{"rid":"A","status":500}"#, .completion),
    ])
  func kinds(_ line: String, _ kind: ProxyEvent.Kind) {
    #expect(read(line + "\n").events.map(\.kind) == [kind])
  }

  @Test func `of several names of a feature the plainest counts`() {
    let result = read(
      """
      {"rid":"A","task":"T","feature_id":"I","feature":"F"}
      {"rid":"B","task":"T","feature_id":"I","feature":""}
      {"rid":"C", "task":"T","feature":"F"}

      """)
    #expect(result.events.map(\.feature) == ["F", "I", "F"])
  }
}

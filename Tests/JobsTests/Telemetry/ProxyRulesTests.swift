import Shared
import TestSupport
import Testing

@testable import Jobs

struct ProxyRulesTests {
  private func judge(_ line: String, _ rules: ProxyRules = ProxyRules()) -> [EventJudgement] {
    var judge = EventJudge(rules)
    var found: [EventJudgement] = []
    _ = ProxyEventReader().scan(Array((line + "\n").utf8)) { fields, texts, _ in
      found.append(judge.judge(fields, texts))
    } fault: { _, _ in
    }
    return found
  }

  @Test(
    "A request failed or not",
    arguments: [
      (#"{"rid":"A","status":200}"#, false), (#"{"rid":"A","status":"204"}"#, false),
      (#"{"rid":"A","status":500}"#, true), (#"{"rid":"A","status":" 429 "}"#, true),
      (#"{"rid":"A","status":0,"event":"error"}"#, true), (#"{"rid":"A","status":null}"#, false),
      (#"{"rid":"A","status":"timeout","reason":"ok"}"#, false),
      (#"{"rid":"A","status":"timeout"}"#, true), (#"{"rid":"A","status":"OK "}"#, false),
      (#"{"rid":"A","status":"routed"}"#, false), (#"{"rid":"A","status":"cached"}"#, false),
      (#"{"rid":"A","status":"error","reason":"fail"}"#, true), (#"{"rid":"A"}"#, false),
      (#"{"rid":"A","status":" "}"#, false), (#"{"rid":"A","status":1e30}"#, true),
      (#"{"rid":"A","status":99999999999999999999}"#, true),
      (#"{"rid":"A","status":200.5}"#, true), (#"{"rid":"A","status":204.0}"#, false),
      (#"{"rid":"A","status":"200.0"}"#, false), (#"{"rid":"A","status":"500.0"}"#, true),
    ])
  func failed(_ line: String, _ isFailed: Bool) {
    #expect(judge(line).map(\.isFailed) == [isFailed])
  }

  @Test(
    "A request was routed or not",
    arguments: [
      (#"{"lane":"GLM"}"#, true), (#"{"model":"z.ai/glm-4.6"}"#, true),
      (#"{"model":"z.ai/x"}"#, true), (#"{"lane":"zai"}"#, true), (#"{"lane":"ZAI"}"#, true),
      (#"{"lane":"bazaiar"}"#, false), (#"{"model":"claude-haiku-4-5"}"#, false),
      (#"{"lane":"anthropic","model":""}"#, false),
    ])
  func routed(_ line: String, _ isRouted: Bool) {
    #expect(judge(line).map(\.isRouted) == [isRouted])
  }

  @Test func `rules of one's own replace the known ones`() {
    var rules = ProxyRules()
    rules.routedNames = ["cheap"]
    rules.routedLanes = ["side"]
    rules.healthyWords = ["fine"]
    #expect(judge(#"{"model":"very-cheap-1","status":"fine"}"#, rules).map(\.isRouted) == [true])
    #expect(judge(#"{"model":"very-cheap-1","status":"fine"}"#, rules).map(\.isFailed) == [false])
    #expect(judge(#"{"lane":"side","status":"ok"}"#, rules).map(\.isRouted) == [true])
    #expect(judge(#"{"lane":"side","status":"ok"}"#, rules).map(\.isFailed) == [true])
    #expect(judge(#"{"lane":"glm"}"#, rules).map(\.isRouted) == [false])
  }

  // MARK: Identity

  private func id(_ line: String) -> EventID? { judge(line).first?.id }

  private static let base =
    #"{"ts":1772352000.923,"rid":"A","lane":"zai","status":200,"latency_ms":5}"#

  @Test(
    "What does not make another event",
    arguments: [
      #"{"ts":1772352000.9235818,"rid":"A","lane":"zai","status":200,"latency_ms":5}"#,
      #"{"ts":"2026-03-01T08:00:00.923Z","rid":"A","lane":"zai","status":500}"#,
      #"{ "lane" : "z\u0061i", "rid":"A","ts":1772352000923,"input_tokens":7,"model":"m"}"#,
    ])
  func same(_ line: String) {
    #expect(id(line) == id(Self.base))
  }

  @Test(
    "What makes another event",
    arguments: [
      #"{"ts":1772352000.924,"rid":"A","lane":"zai","status":200}"#,
      #"{"ts":1772352000.923,"rid":"B","lane":"zai","status":200}"#,
      #"{"ts":1772352000.923,"rid":"A","lane":"anthropic","status":200}"#,
      #"{"ts":1772352000.923,"rid":"A","lane":"zai","status":-1,"event":"decision"}"#,
      #"{"ts":1772352000.923,"rid":"A","lane":"zai","status":0,"event":"error"}"#,
      #"{"rid":"A","lane":"zai","status":200,"latency_ms":5}"#,
    ])
  func another(_ line: String) {
    #expect(id(line) != id(Self.base))
  }

  @Test func `without a moment request, model, latency and tokens tell events apart`() {
    let lines = [
      #"{"rid":"A","model":"m","latency_ms":5,"input_tokens":1,"output_tokens":2}"#,
      #"{"rid":"B","model":"m","latency_ms":5,"input_tokens":1,"output_tokens":2}"#,
      #"{"rid":"A","model":"n","latency_ms":5,"input_tokens":1,"output_tokens":2}"#,
      #"{"rid":"A","model":"m","latency_ms":6,"input_tokens":1,"output_tokens":2}"#,
      #"{"rid":"A","model":"m","latency_ms":5,"input_tokens":0,"output_tokens":2}"#,
      #"{"rid":"A","model":"m","latency_ms":5,"output_tokens":2}"#,
      #"{"rid":"A","model":"m","latency_ms":5,"input_tokens":1}"#,
      #"{"rid":"A","model":"m","input_tokens":1,"output_tokens":2}"#,
    ]
    #expect(Set(lines.map(id)).count == lines.count)
    #expect(id(lines[0]) == id(#"{"lane":"x","status":9,"# + lines[0].dropFirst()))
  }

  @Test func `without a moment an error is not the decision before it`() {
    let decision = #"{"rid":"A","model":"m","status":-1,"event":"decision"}"#
    let error = #"{"rid":"A","model":"m","status":0,"event":"error"}"#
    #expect(id(decision) != id(error))
  }

  @Test func `without a request all the rest tells events of one moment apart`() {
    let lines = [
      #"{"ts":1772352000.5,"lane":"zai","model":"m","latency_ms":5,"input_tokens":1}"#,
      #"{"ts":1772352000.501,"lane":"zai","model":"m","latency_ms":5,"input_tokens":1}"#,
      #"{"ts":1772352000.5,"lane":"glm","model":"m","latency_ms":5,"input_tokens":1}"#,
      #"{"ts":1772352000.5,"lane":"zai","model":"n","latency_ms":5,"input_tokens":1}"#,
      #"{"ts":1772352000.5,"lane":"zai","model":"m","latency_ms":6,"input_tokens":1}"#,
      #"{"ts":1772352000.5,"lane":"zai","model":"m","latency_ms":5,"input_tokens":2}"#,
      #"{"ts":1772352000.5,"lane":"zai","model":"m","latency_ms":5,"output_tokens":1}"#,
      #"{"ts":1772352000.5,"lane":"zai","model":"m","event":"error"}"#,
    ]
    #expect(Set(lines.map(id)).count == lines.count)
    #expect(id(lines[0]) == id(#"{"rid":null,"status":9,"# + lines[0].dropFirst()))
  }

  @Test func `ids are for ever`() {
    // Rows that are stored bear them: another value would store every event once more.
    #expect(id(Self.base)?.text == "93442518bf60b359")
    #expect(id(#"{"rid":"A","model":"m","latency_ms":5}"#)?.text == "b2ce8061a0cad510")
    #expect(id(#"{"ts":1772352000.5,"lane":"zai","latency_ms":5}"#)?.text == "1c6740775e5338e7")
  }

  @Test func `an id set knows what it was given, zero too`() {
    var set = EventIDSet()
    var numbers = SeededNumbers(seed: 3)
    let ids = (0..<20_000).map { _ in EventID(bits: numbers.next()) } + [EventID(bits: 0)]
    var wrong = 0
    for id in ids where set.contains(id) || !set.insert(id) { wrong += 1 }
    for id in ids where set.insert(id) { wrong += 1 }
    #expect(wrong == 0)
    let count = set.count
    #expect(count == ids.count)
  }
}

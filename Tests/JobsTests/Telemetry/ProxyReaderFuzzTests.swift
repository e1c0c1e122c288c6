import FoundationEssentials
import Shared
import TestSupport
import Testing

@testable import Jobs

/// The reader of events against a plain reading of the same lines.
struct ProxyReaderFuzzTests {
  /// A line as `JSONDecoder` reads it.
  private struct Plain: Decodable {
    let rid, lane, model, reason, feature: String
    let status: String
    let input, output: Int?
    let latency: Double?

    private enum Key: String, CodingKey {
      case rid, lane, model, reason, feature, status
      case input = "input_tokens"
      case output = "output_tokens"
      case latency = "latency_ms"
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      func text(_ key: Key) -> String { (try? members.decode(String.self, forKey: key)) ?? "" }
      func count(_ key: Key) -> Int? {
        (try? members.decode(Int.self, forKey: key))
          .flatMap { ProxyEvent.tokenCounts.contains($0) ? $0 : nil }
      }
      rid = text(.rid)
      lane = text(.lane)
      model = text(.model)
      reason = text(.reason)
      feature = text(.feature)
      input = count(.input)
      output = count(.output)
      latency = (try? members.decode(Double.self, forKey: .latency))
        // Minus zero is 0.
        .flatMap { $0 >= 0 ? $0 + 0 : nil }
      status =
        (try? members.decode(Int.self, forKey: .status)).map { "\($0)" }
        ?? (try? members.decode(Double.self, forKey: .status)).map { "\($0)" } ?? text(.status)
    }

    /// As one line that can be compared.
    var text: String {
      "\([rid, lane, model, reason, feature, status]) \(input ?? -1) \(output ?? -1) "
        + "\(latency ?? -1)"
    }
  }

  private func text(_ event: ProxyEvent) -> String {
    let status =
      switch event.status {
      case .none: ""
      case .code(let code): "\(code)"
      case .word(let word): word
      }
    return
      "\([event.rid, event.lane, event.model, event.reason, event.feature ?? "", status]) "
      + "\(event.inputTokens ?? -1) \(event.outputTokens ?? -1) \(event.latency ?? -1)"
  }

  private static let keys = [
    "rid", "lane", "model", "reason", "feature", "status", "input_tokens", "output_tokens",
    "latency_ms", "other", "ridd", "r",
  ]
  private static let texts = [
    #""R1""#, #""glm""#, #""z.ai/glm-4.6""#, #""""#, #""a b""#, #""\u0041\n""#, #""é""#,
    #""\ud83d\ude00""#, #""x\"y""#, #""ok""#, #""a long text of more than sixteen bytes""#,
  ]
  private static let numbers = [
    "0", "7", "200", "429", "1234567", "12.5", "0.25", "1e3", "12.0", "-1", "-0", "99999999999999",
  ]
  private static let others = ["null", "true", "false", "{}", "[]", #"{"rid":"no"}"#, "[1,[2]]"]

  /// A line, mostly right, and whether a bad one is meant.
  private func line(_ random: inout SeededNumbers) -> String {
    var keys = Self.keys.shuffled(using: &random).prefix(Int.random(in: 1...8, using: &random))
    // A line without any member that is known is no event, which is tried elsewhere.
    if !keys.contains("rid") { keys.append("rid") }
    let space = Bool.random(using: &random) ? "" : " "
    let members = keys.map { key in
      let isNumber = key.hasSuffix("tokens") || key.hasSuffix("ms") || key == "status"
      let values =
        switch Int.random(in: 0..<10, using: &random) {
        case 0: Self.others
        case _ where key == "latency_ms": Self.numbers
        case 1: key == "status" || !isNumber ? Self.texts : Self.numbers
        default: isNumber ? Self.numbers : Self.texts
        }
      return "\"\(key)\":\(space)\(values.randomElement(using: &random) ?? "0")"
    }
    var line = Array("{\(members.joined(separator: ",\(space)"))}".utf8)
    if Int.random(in: 0..<4, using: &random) == 0 {
      let place = Int.random(in: 0..<line.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: line.remove(at: place)
      case 1: line = Array(line[..<place])
      default: line[place] = Array("\"\\{}[],:0a x".utf8).randomElement(using: &random) ?? 0x20
      }
    }
    return String(decoding: line, as: UTF8.self)
  }

  @Test func `lines are read as a plain decoder reads them`() {
    var random = SeededNumbers(seed: 20_260_301)
    let decoder = JSONDecoder()
    var good = 0
    for _ in 0..<(Scale.large ? 400_000 : 20_000) {
      let line = line(&random)
      var events: [ProxyEvent] = []
      var faults: [ProxyEventReader.Fault] = []
      ProxyEventReader().read(Array((line + "\n").utf8)) { event, _ in
        events.append(event)
      } fault: { fault, _ in
        faults.append(fault)
      }
      // Of a key that is there twice we take the last value, as the tracker does, and it the first.
      if line.split(separator: "\"rid\":", omittingEmptySubsequences: false).count > 2 { continue }
      // The decoder looks at values only when they are asked for: the second asks for all.
      guard let plain = try? decoder.decode(Plain.self, from: Data(line.utf8)),
        (try? JSON(parsing: line)) != nil
      else {
        // Half of a pair of surrogates is text to us, as it is to what writes it.
        let parts = line.split(separator: "\\u", omittingEmptySubsequences: false)
        if parts.count > 1 || line.split(separator: "ude00").count > 1 { continue }
        #expect(!faults.isEmpty || line.isEmpty, "\(line)")
        continue
      }
      if faults.contains(.notAnEvent) || faults.contains(.empty) { continue }
      good += 1
      #expect(events.map(text) == [plain.text], "\(line)")
    }
    #expect(good > 10_000)
  }

  // MARK: The two readers

  /// A flat object whose keys may be there twice.
  private func flatLine(_ random: inout SeededNumbers) -> String {
    let keys = Self.keys + ["ts", "event", "op", "feature_id", "task", "cached_input_tokens"]
    let texts = [
      "R1", "", "glm", "decision", "error", "stream", "streaming", "ok", "200", "-1", "1e3", "0x1f",
      "12", "2026-03-01T08:00:00Z", "1772352000", "slow",
    ].map { "\"\($0)\"" }
    let values = texts + Self.numbers + ["null", "true", "1772352000.5", "-1", "-1"]
    let members = (0..<Int.random(in: 1...9, using: &random)).map { _ in
      "\"\(keys.randomElement(using: &random) ?? "")\":"
        + (values.randomElement(using: &random) ?? "0")
    }
    return members.joined(separator: ",")
  }

  private func read(_ line: String) -> [String] {
    var found: [String] = []
    ProxyEventReader().read(Array((line + "\n").utf8)) { event, _ in
      found.append("\(event)")
    } fault: { fault, _ in
      found.append(fault.rawValue)
    }
    return found.sorted()
  }

  @Test func `a line is read the same with white space in it and without`() {
    var random = SeededNumbers(seed: 20_260_302)
    for _ in 0..<(Scale.large ? 200_000 : 10_000) {
      let line = flatLine(&random)
      #expect(read("{\(line)}") == read("{ \(line)}"), "\(line)")
    }
  }
}

import Jobs
import Shared
import TestSupport
import Testing

/// Merging into registries of every shape: what is not ours survives byte for byte.
struct RegistryMergePropertyTests {
  private typealias Base = RegistryMergeTests

  private static let ours: Set<String> = [
    "usage", "usageUpdatedAt", "usageRetryAt", "usageAttempt", "usageError", "usageSessionId",
    "usageStatus", "children",
  ]

  @Test(arguments: 0..<400)
  func `E07 E08 only our members change, whatever the registry`(_ seed: Int) throws {
    var writer = RegistryText(seed: UInt64(seed))
    let text = writer.registry(agents: 5)
    let before = try AgentRegistry(Array(text.utf8))
    let results = (0..<5).filter { _ in Bool.random(using: &writer.numbers) }.map { index in
      Base.result(
        Bool.random(using: &writer.numbers)
          ? Base.usage(index, children: [ChildSession(sessionID: "ses_new")]) : Base.failure,
        agent: "agent/\(index)", session: "ses_\(index)")
    }
    let merged = try RegistryMerge.merged(results, into: before, heartbeat: Base.heartbeat)
    guard let merged else {
      #expect(results.isEmpty)
      return
    }
    let after = try AgentRegistry(merged)
    let touched = Set(results.map(\.agent))
    #expect(try withoutOurs(merged, of: touched) == withoutOurs(Array(text.utf8), of: touched))
    #expect(after.lastHeartbeat == Base.heartbeat.lastHeartbeatAt)
    for result in results {
      let agent = try #require(after.agents.first { $0.key == result.agent })
      #expect(after.text(.usageSessionId, of: agent) == result.sessionID)
      switch result.outcome {
      case .usage(let usage, _):
        let range = try #require(after.range(.usage, of: agent))
        #expect(Usage(merged, at: range) == usage)
        #expect(after.timestamp(.usageUpdatedAt, of: agent) == Base.now)
        #expect(after.integer(.usageAttempt, of: agent) == nil)
      case .failure:
        #expect(after.integer(.usageAttempt, of: agent) == 3)
      }
    }
    let again = try RegistryMerge.merged(results, into: after, heartbeat: Base.heartbeat)
    #expect(again == nil, "the same again changes nothing")
  }

  @Test func `the texts have white space, odd members and our own fields`() {
    let texts = (0..<40).map { seed in
      var writer = RegistryText(seed: UInt64(seed))
      return writer.registry(agents: 5)
    }
    for part in [" :", "\n", "1.50", #"\u0061"#, #""usage""#, #""children""#, #""refresh""#] {
      #expect(texts.contains { $0.contains(part) }, "none has \(part)")
    }
  }

  /// The bytes without our members in these records, and without the root's `refresh`.
  private func withoutOurs(_ bytes: [UInt8], of agents: Set<String>) throws -> [UInt8] {
    let registry = try AgentRegistry(bytes)
    var cuts: [Range<Int>] = []
    func cut(_ keys: Set<String>, from layout: JSONObjectLayout) {
      var end = layout.range.lowerBound + 1
      for member in layout.members {
        if keys.contains(member.key) { cuts.append(end..<member.valueRange.upperBound) }
        end = member.valueRange.upperBound
      }
    }
    for agent in registry.agents where agents.contains(agent.key) {
      cut(Self.ours, from: try JSONObjectLayout(of: bytes, at: agent.object.lowerBound))
    }
    cut(["refresh"], from: try JSONObjectLayout(of: bytes))
    var rest = bytes
    for range in cuts.sorted(by: { $0.lowerBound > $1.lowerBound }) { rest.removeSubrange(range) }
    return rest
  }
}

/// Writes registries as no one program would.
private struct RegistryText {
  var numbers: SeededNumbers
  private let isLoose: Bool

  init(seed: UInt64) {
    numbers = SeededNumbers(seed: seed)
    isLoose = seed % 3 != 0
  }

  private mutating func one(of texts: [String]) -> String {
    texts.randomElement(using: &numbers) ?? ""
  }

  /// White space, or none.
  private mutating func gap() -> String {
    isLoose ? one(of: ["", "", " ", "\n", "\r\n\t", "   "]) : ""
  }

  private mutating func value() -> String {
    one(of: [
      "null", "true", "1.50", "-0", "1e3", "12345678901234567890", #""\u0061\/""#, "\"灯 🏮\"", "[]",
      #"[1 , {"usage":{}}]"#, "{}", #"{"sessionId":"ses_x","usage":null}"#, "\"a }, { b\"",
    ])
  }

  private mutating func object(_ members: [(String, String)]) -> String {
    let texts = members.map { "\(gap())\($0.0)\(gap()):\(gap())\($0.1)\(gap())" }
    return "{\(texts.joined(separator: ","))\(texts.isEmpty ? gap() : "")}"
  }

  /// Members that nobody knows, and some of ours with values of any kind.
  private mutating func moreMembers(_ keys: [String]) -> [(String, String)] {
    var members: [(String, String)] = []
    for index in 0..<Int.random(in: 0...4, using: &numbers) {
      members.append((#""x\#(index)""#, value()))
    }
    for key in keys where Int.random(in: 0...3, using: &numbers) == 0 {
      members.append(("\"\(key)\"", value()))
    }
    return members
  }

  private mutating func record(_ index: Int) -> String {
    var members = moreMembers([
      "usage", "usageUpdatedAt", "usageRetryAt", "usageAttempt", "usageError", "usageSessionId",
      "usageStatus", "children",
    ])
    members.append((one(of: [#""sessionId""#, #""session\u0049d""#]), #""ses_\#(index)""#))
    members.shuffle(using: &numbers)
    // One that is not ours goes first, so that what stands before the others is a comma.
    return object([("\"name\"", "\"agent/\(index)\"")] + members)
  }

  mutating func registry(agents count: Int) -> String {
    var agents = (0..<count).map { (#""agent/\#($0)""#, record($0)) }
    agents.append(("\"odd\"", value()))
    agents.shuffle(using: &numbers)
    var members = moreMembers(["refresh", "daemon", "updatedAt"])
    members.append(("\"agents\"", object(agents)))
    members.shuffle(using: &numbers)
    return gap() + object([("\"version\"", "5")] + members) + gap()
  }
}

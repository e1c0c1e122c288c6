package import Shared

/// One agent as a test wants it in the registry, written with the real keys in the real order.
package struct AgentRecord: Sendable {
  /// The key in `agents` and the `name` of the record.
  package var name: String
  /// Nil is `null`.
  package var sessionId: String?
  /// `scheduled`, `running`, `done` or `unknown`.
  package var status: String
  /// Nil is `null`.
  package var pid: Int32?
  /// When the agent was started.
  package var startedAt: Timestamp
  /// When the record was last written by its owner.
  package var updatedAt: Timestamp
  /// Nil is `null`.
  package var finishedAt: Timestamp?
  /// The model the agent was started with, which need not be the one that answered.
  package var model = "opencode/gpt-5-nano"
  /// The `cwd` of the record.
  package var workingDirectory = "/"
  /// Further members as JSON text, `"key":value`, after all others.
  package var more: [String]

  /// A record with the keys of a current registry and no usage.
  package init(
    _ name: String, session: String?, status: String, pid: Int32? = nil,
    started: Timestamp = .now(-600), updated: Timestamp = .now(-300),
    finished: Timestamp? = nil, more: [String] = []
  ) {
    self.name = name
    sessionId = session
    self.status = status
    self.pid = pid
    startedAt = started
    updatedAt = updated
    finishedAt = finished
    self.more = more
  }

  /// An agent that ended five minutes ago.
  package static func done(
    _ name: String, _ session: String?, finished: Timestamp = .now(-300), more: [String] = []
  ) -> AgentRecord {
    AgentRecord(
      name, session: session, status: "done", pid: 999_999, updated: finished, finished: finished,
      more: more)
  }

  /// An agent whose process is `process`.
  package static func running(
    _ name: String, _ session: String?, _ process: LiveProcess, more: [String] = []
  ) -> AgentRecord {
    AgentRecord(
      name, session: session, status: "running", pid: process.pid, started: process.startedAt,
      updated: .now(), more: more)
  }

  /// The record as compact JSON.
  package var json: String {
    let exitCode = status == "done" ? "0" : "null"
    var members = [
      "\"name\":\(quoted(name))",
      "\"pid\":\(pid.map(String.init) ?? "null")",
      "\"sessionId\":\(sessionId.map(quoted) ?? "null")",
      "\"status\":\(quoted(status))",
      "\"exitCode\":\(exitCode)",
      "\"startedAt\":\(quoted(startedAt.text))",
      "\"updatedAt\":\(quoted(updatedAt.text))",
      "\"finishedAt\":\(finishedAt.map { quoted($0.text) } ?? "null")",
      "\"model\":\(quoted(model))",
      "\"variant\":null",
      "\"resumeCount\":0",
      "\"prompt\":\"Trim the wick\"",
      "\"cwd\":\(quoted(workingDirectory))",
    ]
    members += more
    return "{\(members.joined(separator: ","))}"
  }

  /// A whole registry of such records.
  package static func registry(
    _ agents: [AgentRecord], version: Int = 5, more: [String] = []
  ) -> String {
    let records = agents.map { "\(quoted($0.name)):\($0.json)" }.joined(separator: ",")
    let stamp = quoted(Timestamp.now().text)
    let members =
      ["\"version\":\(version)", "\"agents\":{\(records)}", "\"updatedAt\":\(stamp)"] + more
    return "{\(members.joined(separator: ","))}"
  }
}

/// A text as a JSON string.
package func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\u{0}"..<"\u{20}":
      let hex = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

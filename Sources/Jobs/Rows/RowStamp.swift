package import Shared

/// What every row of ours carries: who wrote it, with what, where.
package struct RowStamp: Sendable, Equatable {
  package let toolVersion: String
  package let host: String

  package init(toolVersion: String, host: String) {
    self.toolVersion = toolVersion
    self.host = host
  }

  /// The version of the row formats; the tracker's own rows bear the same.
  package static let schemaVersion = "1.0.0"

  package func write(into writer: inout JSONWriter, id: String, agent: String) {
    writer.member("schema_version", Self.schemaVersion)
    writer.member("tool_version", toolVersion)
    writer.member("id", id)
    writer.member("agent_id", agent)
    writer.member("host", host)
  }
}

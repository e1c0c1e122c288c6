/// Who records: several agents share one data folder, each with windows of its own.
package enum AgentID {
  /// The one who records where nobody says.
  package static let main = "main"

  /// The agent of this run, out of `AGENT_ID`.
  ///
  /// The name becomes a folder: an empty one, or one that leads elsewhere, is an error and not a
  /// default.
  /// - Throws: 64.
  package static func current(_ environment: [String: String]) throws(JobError) -> String {
    guard let name = environment["AGENT_ID"] else { return main }
    let leadsElsewhere = name.contains("/") || name.contains("..") || name == "."
    let isPrintable = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    guard !name.isEmpty, !leadsElsewhere, isPrintable, name.utf8.count <= 100 else {
      throw JobError(
        .usage,
        "AGENT_ID is '\(name)'; give it a name without '/' and '..', or leave it unset")
    }
    return name
  }
}

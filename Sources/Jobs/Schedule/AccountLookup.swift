package import SystemPackage
internal import Shared

/// Who the users of the machine are, by `getent`: the C library's own lookup needs modules that a
/// program without shared libraries does not have.
package enum Account {
  /// The account of a name, or of the owner of a folder.
  ///
  /// - Throws: 64 when there is no such account.
  package static func find(
    _ name: String?, owning folder: FilePath, _ world: World
  ) async throws(JobError) -> SchedulePlan.Account {
    let owner = (try? Stat(folder)).map { "\($0.userID.rawValue)" }
    let key = name ?? owner ?? ""
    let fields = try await ScheduleTools(world).run("getent", ["passwd", key]).text
      .split(separator: "\n").first?
      .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let fields, fields.count > 5 else {
      throw JobError(.usage, "there is no user '\(key)'; name one with --run-as")
    }
    return SchedulePlan.Account(name: fields[0], home: FilePath(fields[5]))
  }
}

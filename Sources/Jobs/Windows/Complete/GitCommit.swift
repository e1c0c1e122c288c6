internal import Shared

/// The full id of a commit that was named in whatever way git understands.
enum GitCommit {
  private static let deadline = Duration.seconds(10)

  /// - Throws: 65 for a name git does not know, 69 without git.
  static func resolve(
    _ name: String, in workspace: Workspace, world: World
  ) async throws(JobError) -> String {
    guard
      let git = ExecutableSearch.find(
        "git", searchPath: world.environment["PATH"] ?? "", from: workspace.root)
    else { throw JobError(.unavailable, "git is not on PATH") }
    let command = Command(
      executable: git,
      arguments: ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}"],
      environment: world.environment, workingDirectory: workspace.root, deadline: deadline,
      outputLimit: 4_096)
    let reply: (ending: CommandEnding, text: String)
    do {
      try StateFile.makeFolder(workspace.state)
      reply = try await world.children(command, scratch: workspace.state) { reply in
        (
          reply.ending,
          String(decoding: try reply.output.bytes(from: 0, upTo: 4_096), as: UTF8.self)
        )
      }
    } catch let error as JobError {
      throw error
    } catch {
      throw JobError(.ioError, "git rev-parse: \(error)")
    }
    let id = reply.text.filter { !$0.isWhitespace }
    guard reply.ending == .exited(0), id.utf8.count >= 40 else {
      throw JobError(.badData, "unable to resolve commit '\(name)' in \(workspace.root)")
    }
    return id
  }
}

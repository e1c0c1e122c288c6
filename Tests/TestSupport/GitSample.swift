package import SystemPackage

/// A git repository of a test's own, made by the real git.
///
/// Nothing of the user's settings and nothing of a repository around it reaches it.
package final class GitSample: Sendable {
  private let folder: TemporaryFolder

  /// Makes an empty repository in `repository`, the folder of scripts.
  package init() async throws {
    folder = try TemporaryFolder("git")
    try makeFolder(root)
    try await run("git init -q --initial-branch=main .")
  }

  /// The top of the repository.
  package var root: FilePath { folder.at("repository") }

  /// A path beside the repository.
  package func beside(_ name: String) -> FilePath { folder.at(name) }

  /// What scripts and tests see of the environment.
  package var environment: [String: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path.string, "TZ": "UTC",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Dev", "GIT_AUTHOR_EMAIL": "dev@example.com",
      "GIT_COMMITTER_NAME": "Dev", "GIT_COMMITTER_EMAIL": "dev@example.com",
    ]
  }

  /// Runs a script in the repository; `commit NAME [ADDRESS]` commits all there is.
  ///
  /// - Returns: What it printed, without the last line feed.
  @discardableResult
  package func run(_ script: String) async throws -> String {
    let commands = """
      set -e
      commit() {
        git add -A
        GIT_AUTHOR_EMAIL="${2:-dev@example.com}" git commit -q --allow-empty -m "$1"
      }
      \(script)
      """
    let shell = try SpawnedProcess(
      "/bin/sh", ["-c", commands], environment: environment, workingDirectory: root)
    let end = await shell.wait(atMost: .seconds(60))
    guard end.exit == 0 else { throw ScriptFailed(description: "\(end)") }
    return end.stdout.hasSuffix("\n") ? String(end.stdout.dropLast()) : end.stdout
  }

  /// A script that failed.
  package struct ScriptFailed: Error, CustomStringConvertible {
    package let description: String
  }
}

internal import Shared
package import SystemPackage

/// The programs of others that jobs start.
package enum Programs {
  /// One of them, as the settings name it.
  package struct Program: Sendable, Equatable {
    /// What people call it.
    package let name: String
    /// A name to look up, or a path.
    package let setting: String
    /// Where it is; nil where it is not found.
    package let path: FilePath?
  }

  /// opencode, codex and claude, where a job of this environment would find them.
  package static func all(
    _ configuration: Configuration, workspace: Workspace, world: World
  ) -> [Program] {
    [
      ("opencode", configuration.opencode.path), ("codex", configuration.codex.path),
      ("claude", configuration.claude.path),
    ].map { name, setting in
      Program(
        name: name, setting: setting,
        path: ExecutableSearch.find(
          setting, searchPath: world.environment["PATH"] ?? "", from: workspace.root))
    }
  }

  /// The version in what a program answers to `--version`: its first word that begins with a digit.
  package static func version(in answer: String) -> String? {
    answer.strippingEscapeSequences.split(whereSeparator: \.isWhitespace).lazy
      .map { $0.hasPrefix("v") ? $0.dropFirst() : $0 }
      .first { $0.first?.isASCII == true && $0.first?.isNumber == true }
      .map { String($0.prefix { !"),;".contains($0) }) }
  }
}

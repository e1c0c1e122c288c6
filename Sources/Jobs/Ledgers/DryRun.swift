internal import Shared
internal import SystemPackage

/// What a run would have written, in lines for people.
struct DryRun {
  let root: FilePath

  /// A line for each row and block, with the file it is meant for.
  func lines(of steps: [IntentStep]) -> [String] {
    steps.flatMap { step in
      switch step {
      case .append(let path, _, let lines):
        RowLedger.lines(lines).map { line in
          "would add to \(name(path)): \(String(decoding: line, as: UTF8.self).withoutReturn)"
        }
      case .block(let path, let block):
        ["would renew the block '\(block.name)' of \(name(path))"]
      }
    }
  }

  /// From the workspace on, where it is in there.
  private func name(_ path: FilePath) -> String {
    var rest = path
    return rest.removePrefix(root) ? rest.string : path.string
  }
}

extension IntentTargets {
  /// The files as they are, for who only looks.
  static func looking(at paths: [FilePath]) throws(JobError) -> IntentTargets {
    do throws(FileError) {
      return try .unlocked(paths)
    } catch {
      throw JobError(error)
    }
  }
}

extension String {
  /// Without the carriage return of a ledger with such line ends.
  fileprivate var withoutReturn: String { hasSuffix("\r") ? String(dropLast()) : self }
}

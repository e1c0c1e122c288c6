internal import Shared
internal import SystemPackage

/// A file, or a crontab, as it is and as it is to be.
struct ScheduleChange: Sendable, Equatable {
  /// The path, or `crontab`.
  let place: String
  /// nil where there is none.
  let old: [UInt8]?
  /// nil where none is to be.
  let new: [UInt8]?

  var isOne: Bool { old != new }

  /// What goes and what comes, a line each; lines that stay are not shown, for they may be anybody's.
  var diff: [String] {
    let before = Self.lines(old)
    let after = Self.lines(new)
    var lines = [
      "--- \(old == nil ? "/dev/null" : place)", "+++ \(new == nil ? "/dev/null" : place)",
    ]
    let difference = after.difference(from: before)
    for removal in difference.removals {
      if case .remove(_, let line, _) = removal { lines.append("-" + line) }
    }
    for insertion in difference.insertions {
      if case .insert(_, let line, _) = insertion { lines.append("+" + line) }
    }
    return lines
  }

  private static func lines(_ bytes: [UInt8]?) -> [String] {
    guard let bytes else { return [] }
    var lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// The files of a schedule in a folder that the scheduler reads.
struct ScheduleFolder: Sendable {
  let path: FilePath
  /// Whether a name in the folder is one of this workspace's.
  let isOurs: @Sendable (String) -> Bool

  /// The names of the files that are there.
  var names: [String] {
    get throws(JobError) {
      do throws(FileError) {
        return try Shared.names(in: path).filter(isOurs).sorted()
      } catch {
        throw JobError(error)
      }
    }
  }

  func read(_ name: String) throws(JobError) -> [UInt8]? {
    do throws(FileError) {
      return try readWholeFile(path.appending(name))?.bytes
    } catch {
      throw JobError(error)
    }
  }

  /// What makes these files stand there, and with `removing` those names no longer.
  func changes(
    _ files: [ScheduleFile], removing: [String]
  ) throws(JobError) -> [ScheduleChange] {
    var changes: [ScheduleChange] = []
    for file in files {
      changes.append(
        ScheduleChange(
          place: path.appending(file.name).string, old: try read(file.name),
          new: Array(file.text.utf8)))
    }
    for name in removing {
      changes.append(
        ScheduleChange(place: path.appending(name).string, old: try read(name), new: nil))
    }
    return changes.filter(\.isOne)
  }

  /// Carries the changes out, readable by everybody: nothing in them is secret.
  func apply(_ changes: [ScheduleChange]) throws(JobError) {
    do throws(FileError) {
      for change in changes {
        let path = FilePath(change.place)
        guard let new = change.new else {
          try unlinkIfPresent(path)
          continue
        }
        try makeFolders(path.folder)
        try AtomicReplace(
          durability: .full,
          newFileMode: [.ownerReadWrite, .groupRead, .otherRead]
        ).write(new, to: path)
      }
    } catch {
      throw JobError(error)
    }
  }
}

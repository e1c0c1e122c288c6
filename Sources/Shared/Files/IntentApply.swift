import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Bringing one step of an intent about, however far an earlier run came.
struct IntentApply {
  let durability: Durability
  let newFileMode: FilePermissions
  let processes: ProcessTable

  /// How a file stands to lines that are to be added to it.
  enum Standing: Equatable {
    /// They are there.
    case done
    /// So many of their bytes are there, at the file's end.
    case begun(Int)
    /// The file is not what the lines were decided on, and they are not in it.
    case changed
  }

  func standing(of append: Intent.Append) throws(FileError) -> Standing {
    guard let file = try OpenFile.ifPresent(append.path, .readOnly) else {
      return append.base == 0 ? .begun(0) : .changed
    }
    let size = try file.requireRegular().size
    guard size >= append.base, try hasPrefix(append, file) else {
      return try isElsewhere(append)
    }
    let tail = try file.bytes(append.base..<append.base + Int64(append.data.count))
    if tail == append.data { return .done }
    if size == append.base + Int64(tail.count), append.data.starts(with: tail) {
      return .begun(tail.count)
    }
    return try isElsewhere(append)
  }

  private func hasPrefix(
    _ append: Intent.Append, _ file: borrowing OpenFile
  ) throws(FileError) -> Bool {
    let start = max(0, append.base - Intent.Append.prefixLength)
    return SHA256.hex(of: try file.bytes(start..<append.base)) == append.prefixHash
  }

  /// Somebody edited the file: the lines count as there if they are in it once more than before.
  private func isElsewhere(_ append: Intent.Append) throws(FileError) -> Standing {
    let content = try readWholeFile(append.path)?.bytes ?? []
    return Intent.Append.count(append.lines, in: content) > append.copies ? .done : .changed
  }

  /// Adds what is missing of the lines; what is there already is only pushed to the disk.
  ///
  /// - Returns: false, and nothing is changed, where the file is not what was decided on.
  func apply(_ append: Intent.Append) throws(FileError) -> Bool {
    let standing = try standing(of: append)
    if standing == .changed { return false }
    let target = try resolvingLinks(append.path)
    try makeFoldersDurably(target.folder)
    let folder = try OpenFolder(target.folder, durability: durability)
    let file = try OpenFile(target, .readWrite, [.append, .create], mode: newFileMode)
    if case .begun(let count) = standing {
      _ = try appendOrUndo(Array(append.data[count...]), to: file, durability: durability)
    } else {
      try file.sync(durability)
    }
    try folder.sync()
    return true
  }

  /// Puts a block into its file as that is now; somebody who saves it meanwhile is not overwritten.
  func apply(_ block: MarkedBlock, to path: FilePath) throws(FileError) {
    let target = try resolvingLinks(path)
    try makeFoldersDurably(target.folder)
    if let name = target.lastComponent?.string {
      try Leftovers.sweep(in: target.folder, of: name, processes: processes)
    }
    for _ in 0..<10 {
      let old = try readWholeFile(target)
      let new = block.placed(in: old?.bytes ?? [])
      if let old, old.bytes == new { return try push(target) }
      let outcome = try AtomicReplace(durability: durability, newFileMode: newFileMode)
        .write(new, to: target) { () throws(FileError) in
          try FileVersion.current(of: target) == old?.status.version
        }
      if outcome != .discarded { return }
    }
    throw FileError(operation: "replace", path: target, errno: .resourceTemporarilyUnavailable)
  }

  /// Whether a step can be done, found out before anything depends on it.
  func check(_ step: IntentStep) throws(FileError) {
    let target = try resolvingLinks(step.path)
    if let file = try OpenFile.ifPresent(target, .readWrite) {
      _ = try file.requireRegular()
      // Lines go to the file as it is; a block is a new file in the folder.
      if case .append = step { return }
    }
    var folder = target.folder
    while try statusIfPresent(of: folder) == nil, folder.folder != folder { folder = folder.folder }
    try perform("access", on: folder) { folder.withPlatformString { access($0, W_OK | X_OK) } }
  }

  private func push(_ path: FilePath) throws(FileError) {
    let folder = try OpenFolder(path.folder, durability: durability)
    try OpenFile(path, .readOnly).sync(durability)
    try folder.sync()
  }

  /// Makes a folder and those above it so that their names survive a power cut.
  func makeFoldersDurably(_ path: FilePath) throws(FileError) {
    if try statusIfPresent(of: path) != nil { return }
    let parent = path.folder
    if parent != path { try makeFoldersDurably(parent) }
    try makeFolders(path)
    try OpenFolder(parent, durability: durability).sync()
  }
}

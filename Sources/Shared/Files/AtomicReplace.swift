package import SystemPackage

/// Replaces the content of a file in one step: a reader, or a power cut, sees the old or the new.
///
/// The new content goes to a temporary file beside the real one (found through symbolic links) and
/// takes its name only when it is complete. Mode and owner are those of the old file.
package struct AtomicReplace: Sendable {
  /// How far the new content is pushed before it takes the name.
  package var durability: Durability
  /// Mode of a file that did not exist.
  package var newFileMode: FilePermissions
  /// Whether a file that is there keeps its mode; else it gets that of a new one.
  package var keepsOldMode: Bool

  /// What became of a replacement.
  package enum Outcome: Equatable, Sendable {
    /// Done; the version is that of the new file.
    case replaced(FileVersion)
    /// The fence refused; the old file is untouched.
    case discarded
  }

  /// Describes how to replace; no file is touched yet.
  package init(
    durability: Durability, newFileMode: FilePermissions = .ownerReadWrite,
    keepsOldMode: Bool = true
  ) {
    self.durability = durability
    self.newFileMode = newFileMode
    self.keepsOldMode = keepsOldMode
  }

  /// Writes a file whole.
  ///
  /// - Parameter beforeRename: the last look before the new content becomes visible, such as
  ///   whether a lock is still held; false or an error leaves the old file as it was.
  @discardableResult
  package func write(
    _ bytes: [UInt8], to path: FilePath,
    beforeRename: () throws(FileError) -> Bool = { () throws(FileError) in true }
  ) throws(FileError) -> Outcome {
    try replace(path) { (file) throws(FileError) in
      try file.write(all: bytes)
    } beforeRename: { (_) throws(FileError) in
      try beforeRename()
    }
  }

  /// Replaces a file with what `fill` writes; the fence is given the new file's version.
  func replace(
    _ path: FilePath,
    fill: (borrowing OpenFile) throws(FileError) -> Void,
    beforeRename: (FileVersion) throws(FileError) -> Bool
  ) throws(FileError) -> Outcome {
    let target = try resolvingLinks(path)
    let old = try statusIfPresent(of: target)
    if let old, old.irregularity != nil {
      let reason: Errno = old.type == .directory ? .isDirectory : .notSupported
      throw FileError(operation: "replace", path: target, errno: reason)
    }
    let folder = try OpenFolder(target.folder, durability: durability)
    var new = try TemporaryFile(beside: target)
    try fill(new.file)
    if let old { try new.file.copyOwner(of: old) }
    // After the owner, because changing that may clear bits of the mode.
    try new.file.setMode(keepsOldMode ? old?.permissions ?? newFileMode : newFileMode)
    try new.file.sync(durability)
    let version = try new.file.status().version
    try new.file.close()
    guard try beforeRename(version) else { return .discarded }
    try new.rename(to: target)
    try folder.sync()
    return .replaced(version)
  }
}

/// A file that removes itself unless it got its final name.
struct TemporaryFile: ~Copyable {
  var file: OpenFile
  private var isRenamed = false

  init(beside target: FilePath) throws(FileError) {
    let path = target.appendingToName(Leftovers.suffix())
    file = try OpenFile(path, .writeOnly, [.create, .exclusiveCreate, .noFollow])
  }

  mutating func rename(to target: FilePath) throws(FileError) {
    try renameFile(file.path, to: target)
    isRenamed = true
  }

  deinit { if !isRenamed { try? unlinkFile(file.path) } }
}

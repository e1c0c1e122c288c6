package import SystemPackage

/// Puts a folder of files in place in one step: it is there complete, or not at all.
///
/// The new folder is written under a temporary name beside the real one. The old one, if there is
/// one, is moved away before; a kill between the two steps leaves neither.
package struct FolderReplace: Sendable {
  private let durability: Durability
  private let processes: ProcessTable

  /// Describes how to replace; nothing is touched yet.
  package init(durability: Durability, processes: ProcessTable) {
    self.durability = durability
    self.processes = processes
  }

  /// Writes the files by their names as the whole content of a folder.
  package func write(
    _ files: [(name: String, bytes: [UInt8])], to path: FilePath
  ) throws(FileError) {
    let target = try resolvingLinks(path)
    guard let name = target.lastComponent?.string else {
      throw FileError(operation: "replace", path: path, errno: .invalidArgument)
    }
    try makeFolders(target.folder)
    try sweep(target.folder, name)
    let parent = try OpenFolder(target.folder, durability: durability)
    let new = target.appendingToName(Leftovers.suffix())
    do throws(FileError) {
      try makeFolders(new)
      let replace = AtomicReplace(durability: durability)
      for file in files { try replace.write(file.bytes, to: new.appending(file.name)) }
      try OpenFolder(new, durability: durability).sync()
      if try linkStatusIfPresent(of: target) != nil {
        let old = target.appendingToName(Leftovers.suffix())
        try renameFile(target, to: old)
        try renameFile(new, to: target)
        try parent.sync()
        try remove(old)
      } else {
        try renameFile(new, to: target)
        try parent.sync()
      }
    } catch {
      try? remove(new)
      throw error
    }
  }

  /// Removes what killed runs left beside the folder.
  private func sweep(_ parent: FilePath, _ name: String) throws(FileError) {
    for other in try names(in: parent) {
      guard let writer = Leftovers.writer(of: other, replacing: name), !processes.isAlive(writer)
      else { continue }
      try remove(parent.appending(other))
    }
  }

  /// Removes a folder of files; one that holds a folder of somebody's stays.
  private func remove(_ folder: FilePath) throws(FileError) {
    guard try linkStatusIfPresent(of: folder) != nil else { return }
    for name in try names(in: folder) { try unlinkIfPresent(folder.appending(name)) }
    try removeFolder(folder)
  }
}

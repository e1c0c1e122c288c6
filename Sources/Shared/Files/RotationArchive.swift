import SystemPackage

/// Copies a range of one file to the end of another, in bounded memory.
func copy(
  _ range: Range<Int64>, of source: borrowing OpenFile, to sink: borrowing OpenFile
) throws(FileError) {
  var offset = range.lowerBound
  while offset < range.upperBound {
    let bytes = try source.bytes(offset..<min(range.upperBound, offset + 262_144))
    // Somebody else truncated the file; there is nothing left to copy.
    if bytes.isEmpty { return }
    try sink.write(all: bytes)
    offset += Int64(bytes.count)
  }
}

/// The file that takes what a rotation drops.
///
/// A rotation first notes how long the archive is. One that was killed before anything was dropped
/// is undone by cutting the archive back to that length; so nothing is archived twice.
struct RotationArchive {
  let path: FilePath
  let durability: Durability

  /// Creates the archive if needed and returns its length, after the end of its last line.
  func prepare() throws(FileError) -> Int64 {
    let target = try resolvingLinks(path)
    let folder = try OpenFolder(target.folder, durability: durability)
    let file = try OpenFile(target, .readWrite, [.append, .create])
    let size = try file.requireRegular().size
    try folder.sync()
    if size > 0, try file.bytes(size - 1..<size) != [newline] {
      return try appendOrUndo([newline], to: file, durability: durability)
    }
    return size
  }

  func append(_ range: Range<Int64>, of source: borrowing OpenFile) throws(FileError) {
    let file = try OpenFile(path, .readWrite, .append)
    try copy(range, of: source, to: file)
    try file.sync(durability)
  }

  /// Whether everything of a range was archived behind `base`.
  ///
  /// The source may have been overwritten from `intact` on, so only what is before it is compared.
  func holds(
    _ range: Range<Int64>, of source: borrowing OpenFile, intact: Int64, since base: Int64
  ) throws(FileError) -> Bool {
    guard let file = try OpenFile.ifPresent(path, .readOnly) else { return false }
    let compared = range.lowerBound..<max(range.lowerBound, intact)
    guard try file.status().size >= base + Int64(range.count) else { return false }
    return try matches(file, base, compared, of: source)
  }

  /// Takes back what a killed rotation added, unless somebody else has added to the archive since.
  func undo(
    _ range: Range<Int64>, of source: borrowing OpenFile, since base: Int64
  ) throws(FileError) {
    guard let file = try OpenFile.ifPresent(path, .readWrite) else { return }
    let added = try file.status().size - base
    guard added > 0, added <= Int64(range.count),
      try matches(file, base, range.lowerBound..<range.lowerBound + added, of: source)
    else { return }
    try file.truncate(to: base)
    try file.sync(durability)
  }

  private func matches(
    _ file: borrowing OpenFile, _ base: Int64, _ range: Range<Int64>,
    of source: borrowing OpenFile
  ) throws(FileError) -> Bool {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let end = min(range.upperBound, offset + 262_144)
      let there = base + offset - range.lowerBound
      guard try file.bytes(there..<there + end - offset) == source.bytes(offset..<end) else {
        return false
      }
      offset = end
    }
    return true
  }
}

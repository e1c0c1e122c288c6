internal import Shared
internal import SystemPackage

/// Finished pages by name in a file, each of which can be read without the others.
///
/// A head with a key, which says what the pages were made of; an index; the pages, each with a hash. A
/// file with another key, or a damaged one, has no pages.
struct PageFile {
  let path: FilePath

  private static let magic: UInt64 = 0x3145_4741_5056_524A  // "JRVPAGE1"
  private static let headLength = 32
  /// More than any index of names takes.
  private static let longestIndex = 256 << 20

  /// Where a page stands behind the index.
  private struct Place {
    let offset: Int
    let length: Int
    let hash: UInt64
  }

  /// Replaces the file.
  func write(_ pages: [(name: String, bytes: [UInt8])], key: UInt64) throws(JobError) {
    var index = CacheWriter()
    var offset = 0
    index.number(pages.count)
    for page in pages {
      index.text(page.name)
      index.number(offset)
      index.number(page.bytes.count)
      index.word(Self.hash(page.bytes))
      offset += page.bytes.count
    }
    var head = CacheWriter()
    for word in [Self.magic, key, UInt64(index.bytes.count), Self.hash(index.bytes)] {
      head.word(word)
    }
    var content = head.bytes + index.bytes
    content.reserveCapacity(content.count + offset)
    for page in pages { content += page.bytes }
    try StateFile.write(content, to: path)
  }

  /// Whether the pages were made of this.
  func isOf(_ key: UInt64) -> Bool {
    guard let file = open() else { return false }
    defer { try? file.close() }
    return index(of: file, key) != nil
  }

  /// A page; nil where the file has none of this key that can be read, and an empty one where it has
  /// none of this name.
  func page(_ name: String, key: UInt64) -> [UInt8]? {
    guard let file = open() else { return nil }
    defer { try? file.close() }
    guard let index = index(of: file, key) else { return nil }
    var reader = CacheReader(index.bytes)
    guard let count = reader.number() else { return nil }
    for _ in 0..<max(0, count) {
      guard let found = reader.block(), let offset = reader.number(), let length = reader.number(),
        let hash = reader.word(), offset >= 0, length >= 0
      else { return nil }
      guard found.elementsEqual(name.utf8) else { continue }
      let bytes = try? file.bytes(from: index.end + offset, upTo: length)
      guard let bytes, bytes.count == length, Self.hash(bytes) == hash else { return nil }
      return bytes
    }
    return []
  }

  private func open() -> FileDescriptor? {
    try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
  }

  private func index(of file: FileDescriptor, _ key: UInt64) -> (bytes: [UInt8], end: Int)? {
    guard let head = try? file.bytes(from: 0, upTo: Self.headLength) else { return nil }
    var reader = CacheReader(head)
    guard reader.word() == Self.magic, reader.word() == key, let length = reader.word(),
      length <= Self.longestIndex, let hash = reader.word(),
      let bytes = try? file.bytes(from: Self.headLength, upTo: Int(length)),
      bytes.count == Int(length), Self.hash(bytes) == hash
    else { return nil }
    return (bytes, Self.headLength + Int(length))
  }

  static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { ContentHash.of($0) } }
}

// MARK: - Pages

extension PreviewBlock {
  fileprivate func write(into writer: inout CacheWriter) {
    writer.text(key.rawValue)
    writer.texts(lines)
    writer.block(json)
  }

  fileprivate init?(_ reader: inout CacheReader) {
    guard let key = reader.text().flatMap(Key.init(rawValue:)), let lines = reader.texts(),
      let json = reader.block()
    else { return nil }
    let kept = Array(json)
    self.init(key, lines) { $0.raw(kept) }
  }
}

extension BookPage {
  var cached: [UInt8] {
    var writer = CacheWriter()
    writer.number(blocks.count)
    for block in blocks { block.write(into: &writer) }
    writer.texts(finalized)
    writer.texts(open)
    return writer.bytes
  }

  init?(cached: [UInt8]) {
    var reader = CacheReader(cached)
    guard let count = reader.number() else { return nil }
    var blocks: [PreviewBlock] = []
    for _ in 0..<max(0, count) {
      guard let block = PreviewBlock(&reader) else { return nil }
      blocks.append(block)
    }
    guard let finalized = reader.texts(), let open = reader.texts(), reader.isAtEnd else {
      return nil
    }
    self.init(blocks: blocks, finalized: finalized, open: open)
  }
}

extension ProxyPage {
  var cached: [UInt8] {
    var writer = CacheWriter()
    block.write(into: &writer)
    writer.texts(windows)
    return writer.bytes
  }

  init?(cached: [UInt8]) {
    var reader = CacheReader(cached)
    guard let block = PreviewBlock(&reader), let windows = reader.texts(), reader.isAtEnd else {
      return nil
    }
    self.init(block: block, windows: windows)
  }
}

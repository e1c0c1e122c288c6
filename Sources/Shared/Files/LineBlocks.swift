package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Goes through a file, or a text in memory, in blocks of whole lines.
///
/// The block is one piece of memory that is used again: a file of any size costs as much as its
/// longest line, and a few hundred kilobytes.
package struct LineBlocks: ~Copyable {
  /// Where the bytes come from.
  package enum Source: Sendable {
    /// A regular file, up to a size taken once, so that a second pass sees the same.
    case file(FileDescriptor, size: Int)
    case memory([UInt8])
    /// A pipe, or whatever can only be read on.
    case pipe(FileDescriptor)
  }

  /// That many bytes behind a block may be read, whatever is in them.
  package static let padding = 128

  private let source: Source
  private let longestLine: Int
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// How many bytes at `base` were given out, and how many there are.
  private var given = 0
  private var filled = 0
  /// The offset in the source of what comes behind the bytes at `base`.
  private var position: Int

  /// How many lines were passed over because they were too long.
  package private(set) var longLines = 0

  /// Whether the last line that was given had no line feed of its own.
  package private(set) var lacksEnd = false

  /// Prepares to read from the beginning of a line on.
  package init(_ source: Source, from offset: Int = 0, longestLine: Int = 64 << 20) {
    self.source = source
    self.longestLine = longestLine
    position = offset
    // Fits in the cache next to the core, so that the reader finds what the read has put there.
    capacity = 256 << 10
    base = .allocate(capacity: capacity + Self.padding)
    base.initialize(repeating: 0, count: capacity + Self.padding)
  }

  deinit { base.deallocate() }

  /// The offset in the source of the block that was given last.
  package var offset: Int { position - filled }

  /// The next whole lines, each with its line feed; nil at the end.
  ///
  /// A last line without one gets one. The bytes are valid until the next call.
  package mutating func next() throws(Errno) -> UnsafeBufferPointer<UInt8>? {
    drop(given)
    while true {
      let searched = filled
      if filled == capacity { grow() }
      if try fill() == 0 { return lastLine() }
      if let last = lastLineFeed(from: searched) { return give(last + 1) }
      if filled > longestLine {
        guard try skipLine() else { return nil }
        if let last = lastLineFeed(from: 0) { return give(last + 1) }
      }
    }
  }

  private mutating func give(_ count: Int) -> UnsafeBufferPointer<UInt8> {
    given = count
    return UnsafeBufferPointer(start: base, count: count)
  }

  /// What is left at the end, with the line feed that it lacks.
  private mutating func lastLine() -> UnsafeBufferPointer<UInt8>? {
    given = filled
    guard filled > 0 else { return nil }
    lacksEnd = true
    base[filled] = UInt8(ascii: "\n")
    return UnsafeBufferPointer(start: base, count: filled + 1)
  }

  /// Goes over the line at hand to behind its end; false if it has none.
  private mutating func skipLine() throws(Errno) -> Bool {
    longLines += 1
    while true {
      drop(filled)
      if try fill() == 0 { return false }
      if let end = memchr(base, Int32(UInt8(ascii: "\n")), filled) {
        drop(UnsafeMutableRawPointer(base).distance(to: end) + 1)
        return true
      }
    }
  }

  /// Forgets the first bytes.
  private mutating func drop(_ count: Int) {
    filled -= count
    given = 0
    base.update(from: base + count, count: filled)
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2 + Self.padding)
    larger.initialize(repeating: 0, count: capacity * 2 + Self.padding)
    larger.update(from: base, count: filled)
    base.deallocate()
    base = larger
    capacity *= 2
  }

  private mutating func fill() throws(Errno) -> Int {
    let room = UnsafeMutableRawBufferPointer(start: base + filled, count: capacity - filled)
    let count: Int
    switch source {
    case .file(let file, let size):
      let wanted = UnsafeMutableRawBufferPointer(
        rebasing: room[..<max(0, min(room.count, size - position))])
      do {
        count = try file.read(fromAbsoluteOffset: Int64(position), into: wanted)
      } catch {
        throw error as? Errno ?? .ioError
      }
    case .pipe(let file):
      do {
        count = try file.read(into: room)
      } catch {
        throw error as? Errno ?? .ioError
      }
    case .memory(let bytes):
      count = max(0, min(room.count, bytes.count - position))
      bytes.withUnsafeBytes {
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
      }
    }
    position += count
    filled += count
    return count
  }

  private func lastLineFeed(from start: Int) -> Int? {
    lastOccurrence(
      of: UInt8(ascii: "\n"), in: UnsafeRawBufferPointer(start: base + start, count: filled - start)
    ).map { $0 + start }
  }
}

extension LineBlocks {
  /// Gives each line of a block that holds a key, with its line feed, and parses none.
  package static func lines(
    of block: UnsafeBufferPointer<UInt8>, with key: StaticString,
    found: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    let key = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    var start = 0
    while start < block.count {
      let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[start...])
      guard let hit = firstOccurrence(of: key, in: rest) else { return }
      let before = UnsafeRawBufferPointer(rebasing: rest[..<hit])
      let first = lastOccurrence(of: UInt8(ascii: "\n"), in: before).map { $0 + 1 } ?? 0
      let length = length(ofLineAt: start + hit, in: block)
      found(UnsafeBufferPointer(rebasing: block[start + first..<start + hit + length]))
      start += hit + length
    }
  }

  /// The length of a line from an index of a block on, with its line feed.
  package static func length(ofLineAt index: Int, in block: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = block.baseAddress, index < block.count,
      let end = memchr(base + index, Int32(UInt8(ascii: "\n")), block.count - index)
    else { return block.count - index }
    return UnsafeRawPointer(base + index).distance(to: end) + 1
  }
}

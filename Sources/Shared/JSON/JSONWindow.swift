import SystemPackage

/// The part of a text that is in memory, and the way to the rest of it.
///
/// The bytes `base[0 ..< end]` are valid, and eight zero bytes follow them. A zero byte has no meaning
/// anywhere in JSON, so a loop over text, white space or digits stops at `end` by itself, and eight
/// bytes can be loaded from every index up to and including `end`.
struct JSONWindow: ~Copyable {
  enum Source {
    case file(FileDescriptor)
    case memory([UInt8])
  }

  private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// The absolute offset of `base[0]`.
  private(set) var origin: Int

  /// How many bytes are valid.
  private(set) var end = 0

  /// The next unread byte.
  var cursor = 0

  /// The first byte of a token that must stay in memory, or `Int.max`.
  var kept = Int.max

  /// How long a token may be, in bytes.
  var longestToken = JSONScanner.maximumTokenLength

  private let source: Source

  /// The size up to which the window grows as it moves on.
  private let comfortable: Int

  /// A window of `first` bytes that grows up to `size`: one value of a large text in memory costs
  /// a small copy, the whole of it few.
  init(_ source: Source, at offset: Int, first: Int, size: Int) {
    precondition(offset >= 0, "an offset is never negative")
    self.source = source
    origin = offset
    comfortable = max(size, 16)
    capacity = max(min(first, size), 16)
    base = .allocate(capacity: capacity + 8)
    seal()
  }

  deinit { base.deallocate() }

  /// Eight bytes from `index`, the lowest first.
  @inline(__always)
  func load(_ index: Int) -> UInt64 {
    UInt64(
      littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
  }

  /// Continues at an absolute offset, in memory if it is there.
  mutating func move(to offset: Int) {
    precondition(offset >= 0, "an offset is never negative")
    kept = .max
    if offset >= origin, offset <= origin + end {
      cursor = offset - origin
    } else {
      origin = offset
      cursor = 0
      end = 0
      seal()
    }
  }

  /// Brings in more bytes after the ones from the cursor, or from `kept` if that is earlier.
  ///
  /// All indices move. Returns false at the end of the text.
  mutating func refill() throws(JSONError) -> Bool {
    let first = min(kept, cursor)
    if first > 0 {
      base.update(from: base + first, count: end - first)
      origin += first
      end -= first
      cursor -= first
      if kept != .max { kept -= first }
    }
    if end == capacity || capacity < comfortable { try grow() }
    let count = try read()
    end += count
    seal()
    return count > 0
  }

  private mutating func seal() {
    UnsafeMutableRawPointer(base + end).storeBytes(of: 0, as: UInt64.self)
  }

  private mutating func grow() throws(JSONError) {
    guard end < longestToken else {
      throw JSONError(kind: .tokenTooLong, offset: origin)
    }
    let size = max(min(capacity * 8, comfortable), capacity * 2)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size + 8)
    larger.update(from: base, count: end)
    base.deallocate()
    base = larger
    capacity = size
  }

  private mutating func read() throws(JSONError) -> Int {
    let room = UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    let offset = origin + end
    switch source {
    case .file(let file):
      do {
        return try file.read(fromAbsoluteOffset: Int64(offset), into: room)
      } catch {
        throw JSONError(kind: .io(error as? Errno ?? .ioError), offset: offset)
      }
    case .memory(let bytes):
      guard offset < bytes.count else { return 0 }
      let count = min(room.count, bytes.count - offset)
      bytes.withUnsafeBytes { room.copyMemory(from: .init(rebasing: $0[offset..<offset + count])) }
      return count
    }
  }
}

internal import SystemPackage

/// The part of a text that a scanner looks at: a padded copy that moves along.
///
/// Behind the filled bytes there are always `padding` zero bytes. Zero is no legal byte of JSON, so
/// every inner loop stops there by itself and may load whole words without asking for the end.
struct JSONWindow: ~Copyable {
  static let padding = 64

  enum Source {
    case memory([UInt8])
    case file(FileDescriptor)
  }

  private let source: Source
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  /// Bytes in the window.
  private(set) var filled = 0
  /// Where the window begins in the text.
  private(set) var origin: Int
  private(set) var isAtEnd = false
  /// The size up to which the window grows as it moves on: a single value costs a small copy, a
  /// long text few.
  private let comfortable: Int

  init(_ source: Source, at offset: Int, capacity: Int, comfortable: Int) {
    self.source = source
    self.capacity = capacity
    self.comfortable = comfortable
    origin = offset
    base = .allocate(capacity: capacity + Self.padding)
    seal()
  }

  deinit { base.deallocate() }

  /// Forgets everything and continues at `offset`.
  mutating func move(to offset: Int) {
    if offset >= origin, offset <= origin + filled { return }
    origin = offset
    filled = 0
    isAtEnd = false
    seal()
  }

  /// Brings more bytes in, keeping those from the index `kept` on.
  ///
  /// - Returns: How far the kept bytes have moved to the front; nil at the end of the text.
  mutating func refill(keepingFrom kept: Int) throws(Errno) -> Int? {
    guard !isAtEnd else { return nil }
    let rest = filled - kept
    if rest > capacity / 2 || capacity < comfortable { grow(rest) }
    if kept > 0 { base.update(from: base + kept, count: rest) }
    origin += kept
    filled = rest
    let count = try read(into: filled, atMost: capacity - filled)
    filled += count
    isAtEnd = count == 0
    seal()
    return kept
  }

  private mutating func grow(_ needed: Int) {
    let larger = max(min(capacity * 4, max(comfortable, capacity)), needed * 2)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + Self.padding)
    moved.initialize(from: base, count: filled)
    base.deallocate()
    base = moved
    capacity = larger
  }

  private func read(into index: Int, atMost room: Int) throws(Errno) -> Int {
    let offset = origin + filled
    switch source {
    case .memory(let bytes):
      let count = min(room, bytes.count - offset)
      guard count > 0 else { return 0 }
      bytes.withUnsafeBufferPointer { all in
        guard let start = all.baseAddress else { return }
        (base + index).update(from: start + offset, count: count)
      }
      return count
    case .file(let file):
      let room = UnsafeMutableRawBufferPointer(start: base + index, count: room)
      do {
        return try file.read(fromAbsoluteOffset: Int64(offset), into: room)
      } catch {
        throw error as? Errno ?? .ioError
      }
    }
  }

  private mutating func seal() {
    (base + filled).update(repeating: 0, count: Self.padding)
  }
}

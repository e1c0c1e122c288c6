/// Members that come again line after line with other digits at most: they are compared with what
/// stood there before instead of read.
///
/// Bytes that are the same say the same, and where only digits within strings differ, every member
/// begins and ends where it did. What is otherwise is read member by member, and remembered.
struct MemberStretch: ~Copyable {
  /// What stood there once.
  private struct Shape {
    /// With the comma behind the last member, or the brace and the line feed; 0 of none.
    var length = 0
    var endsObject = false
    var memberCount = 0
    var lastKey = 0
  }

  /// Where a value of a shape is, counted from its first byte.
  private struct Member {
    var key = 0
    var value = FlatObjectReader.Value()
  }

  /// A place that was found to look as a shape does.
  struct Match {
    let length: Int
    let endsObject: Bool
    let lastKey: Int
  }

  let keys: ClosedRange<Int>
  private let shapes: UnsafeMutableBufferPointer<Shape>
  private let members: UnsafeMutableBufferPointer<Member>
  /// The bytes of each shape, and behind them as many that say which of their bits count.
  private let bytes: UnsafeMutableRawBufferPointer
  /// How far the sum that picks a shape is shifted; all of it where there is one shape.
  private let shift: UInt64
  private var misses = 0

  /// The longest shape, in bytes.
  private static let longest = 256
  /// So many bytes tell the shapes apart.
  private static let picked = 96

  /// - Parameters:
  ///   - keys: The members that may be there, one behind the other in this order.
  ///   - shapeCount: How many shapes are remembered; a power of two.
  init(keys: ClosedRange<Int>, shapeCount: Int) {
    precondition(Self.picked <= LineBlocks.padding, "the padding is too short to pick a shape")
    self.keys = keys
    shift = UInt64(64 - shapeCount.trailingZeroBitCount)
    shapes = .allocate(capacity: shapeCount)
    shapes.initialize(repeating: Shape())
    members = .allocate(capacity: shapeCount * keys.count)
    members.initialize(repeating: Member())
    bytes = .allocate(byteCount: shapeCount * Self.longest * 2, alignment: 16)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    shapes.deallocate()
    members.deallocate()
    bytes.deallocate()
  }

  // MARK: Comparing

  /// Finds the members that begin at a position of a line, and says where their values are.
  @inline(__always)
  func match(
    _ line: UnsafePointer<UInt8>, _ position: Int,
    into found: UnsafeMutableBufferPointer<FlatObjectReader.Value>
  ) -> Match? {
    let start = UnsafeRawPointer(line + position)
    let index = pick(start)
    let shape = shapes[index]
    guard shape.length > 0, isAlike(start, index, shape.length) else { return nil }
    let offset = Int32(truncatingIfNeeded: position)
    let first = index &* keys.count
    for place in first..<first &+ shape.memberCount {
      let member = members[place]
      found[member.key].start = member.value.start &+ offset
      found[member.key].end = member.value.end &+ offset
      found[member.key].kind = member.value.kind
    }
    return Match(length: shape.length, endsObject: shape.endsObject, lastKey: shape.lastKey)
  }

  /// The line feed is the last byte of a shape if it is there at all: nothing behind that of the line
  /// is compared, but for the rest of its sixteen bytes.
  @inline(__always)
  private func isAlike(_ start: UnsafeRawPointer, _ index: Int, _ length: Int) -> Bool {
    let known = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped) + index &* Self.longest &* 2
    var offset = 0
    while offset < length {
      let there = (start + offset).loadUnaligned(as: SIMD2<UInt64>.self)
      let text = (known + offset).load(as: SIMD2<UInt64>.self)
      let counts = (known + Self.longest + offset).load(as: SIMD2<UInt64>.self)
      let difference = (there ^ text) & counts
      if difference[0] | difference[1] != 0 { return false }
      offset &+= 16
    }
    return true
  }

  @inline(__always)
  private func pick(_ start: UnsafeRawPointer) -> Int {
    if shift == 64 { return 0 }
    var sum: UInt64 = 0
    var factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    for offset in stride(from: 0, to: Self.picked, by: 8) {
      sum &+= (start + offset).loadUnaligned(as: UInt64.self) &* factor
      factor &+= 0xD1B5_4A32_D192_ED04
    }
    return Int(truncatingIfNeeded: sum >> shift)
  }

  // MARK: Remembering

  /// Remembers the members that begin at a position of a line, which was read to its end.
  ///
  /// Where every line is another, most are not worth remembering.
  mutating func remember(
    _ line: UnsafePointer<UInt8>, _ position: Int,
    _ found: UnsafeMutableBufferPointer<FlatObjectReader.Value>, keyLengths: (Int) -> Int
  ) {
    misses &+= 1
    guard misses < 64 || misses & 15 == 0 else { return }
    let index = pick(UnsafeRawPointer(line + position))
    let text = index * Self.longest * 2
    let counts = text + Self.longest
    var shape = Shape()
    var end = position
    for key in keys {
      let value = found[key]
      guard value.kind != .absent else { continue }
      let quote = value.kind == .text ? 1 : 0
      let keyStart = Int(value.start) - quote - keyLengths(key) - 1
      // One that stands elsewhere ends the stretch.
      guard keyStart == end, Int(value.end) + quote + 2 - position <= Self.longest else { break }
      end = Int(value.end) + quote + 1
      members[index * keys.count + shape.memberCount] = Member(
        key: key,
        value: .init(
          start: Int(value.start) - position, end: Int(value.end) - position, kind: value.kind))
      shape.memberCount += 1
      shape.lastKey = key
    }
    shape.endsObject = line[end - 1] == UInt8(ascii: "}")
    if shape.endsObject { end += 1 }
    shape.length = shape.memberCount > 0 ? end - position : 0
    for offset in 0..<Self.longest {
      bytes[text + offset] = offset < shape.length ? line[position + offset] : 0
      bytes[counts + offset] = offset < shape.length ? 0xFF : 0
    }
    for place in 0..<shape.memberCount {
      let value = members[index * keys.count + place].value
      guard value.kind == .text else { continue }
      for offset in Int(value.start)..<Int(value.end)
      where bytes[text + offset] &- UInt8(ascii: "0") < 10 {
        // What has the upper half of a digit is a digit or one of `:;<=>?`: a letter of a text.
        bytes[counts + offset] = 0xF0
      }
    }
    shapes[index] = shape
  }
}

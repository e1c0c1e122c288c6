internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads the events of a part of a proxy's log.
///
/// Lines are what the proxy meant, not what it always wrote: several objects may be glued together,
/// a line may begin with `{}`, and a bad one costs itself alone.
struct ProxyEventReader: ~Copyable {
  /// What is odd about a line.
  enum Fault: String, Sendable, CaseIterable {
    /// No JSON, or cut.
    case malformed
    /// The last line has no end, and is not whole.
    case torn
    case notAnObject = "not-an-object"
    /// An object without any member that an event has.
    case notAnEvent = "not-an-event"
    case tooLong = "too-long"
    case invalidUTF8 = "invalid-utf8"
    /// `NaN` or `Infinity`, which JSON does not know; read as absent.
    case notANumber = "not-a-number"
    case badLatency = "latency-invalid"
    case badTime = "time-invalid"
    case badTokens = "tokens-invalid"
    /// Several objects on a line; all are read.
    case glued
    /// `{}`.
    case empty = "empty-object"
    /// What a write leaves behind that was interrupted by a power cut.
    case nul
    case byteOrderMark = "byte-order-mark"
    case carriageReturn = "carriage-return"
    case blank = "blank-line"

    /// Whether a strict reading refuses it: the last three are no fault of an event.
    var isRefused: Bool {
      switch self {
      case .byteOrderMark, .carriageReturn, .blank: false
      default: true
      }
    }
  }

  /// A longer line is no event of a proxy: real ones have a few hundred bytes.
  static let longestLine = 1 << 20

  private let flat = FlatEventReader()

  /// Reads whole lines; what stands behind the last line feed is left alone.
  ///
  /// - Parameters:
  ///   - event: Gets each event, with the number of its line within these bytes, from 0.
  ///   - fault: Gets what is odd, with its line; the event may come all the same.
  /// - Returns: How many lines there were.
  @discardableResult
  func read(
    _ bytes: [UInt8], event: (ProxyEvent, Int) -> Void, fault: (Fault, Int) -> Void
  ) -> Int {
    scan(bytes, event: { event(ProxyEvent($0, $1), $2) }, fault: fault)
  }

  /// The same without a copy of the texts.
  @discardableResult
  func scan(
    _ bytes: [UInt8], event: (EventFields, EventTexts, Int) -> Void,
    fault: (Fault, Int) -> Void
  ) -> Int {
    let padded = bytes + [UInt8](repeating: 0, count: LineBlocks.padding)
    return padded.withUnsafeBufferPointer { all in
      scan(
        block: UnsafeBufferPointer(rebasing: all[..<bytes.count]), event: event, fault: fault)
    }
  }

  /// The same of a block that has ``LineBlocks/padding`` behind it, at the speed of memory for lines
  /// as proxies write them.
  func scan(
    block: UnsafeBufferPointer<UInt8>, event: (EventFields, EventTexts, Int) -> Void,
    fault: (Fault, Int) -> Void
  ) -> Int {
    guard let base = block.baseAddress else { return 0 }
    let texts = EventTexts(plain: block, decoded: UnsafeBufferPointer(start: nil, count: 0))
    var start = 0
    var number = 0
    while start < block.count {
      var fields = EventFields()
      if let length = flat.read(base, start, &fields), length <= Self.longestLine {
        event(fields, texts, number)
        start += length
      } else {
        guard let end = block.newline(from: start) else { break }
        readOdd(
          Array(UnsafeBufferPointer(start: base + start, count: end - start)), number,
          event: event, fault: fault)
        start = end + 1
      }
      number += 1
    }
    return number
  }

  /// Reads a line that is written otherwise.
  private func readOdd(
    _ line: [UInt8], _ number: Int, event: (EventFields, EventTexts, Int) -> Void,
    fault: (Fault, Int) -> Void
  ) {
    line.withUnsafeBufferPointer { all in
      var lines = EventLines(line, all)
      lines.read(all.indices, number, isRepaired: false, event: event, fault: fault)
    }
  }
}

/// A line that is not written as most are: whatever JSON allows, and what it does not.
private struct EventLines: ~Copyable {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var scanner: JSONScanner
  private var members: EventMembers

  init(_ array: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    scanner = JSONScanner(array, window: 64 << 10)
    members = EventMembers(bytes)
  }

  mutating func read(
    _ line: Range<Int>, _ number: Int, isRepaired: Bool,
    event: (EventFields, EventTexts, Int) -> Void, fault: (ProxyEventReader.Fault, Int) -> Void
  ) {
    guard line.count <= ProxyEventReader.longestLine else { return fault(.tooLong, number) }
    var position = line.lowerBound
    if !isRepaired {
      if line.count >= 3, bytes[position] == 0xEF, bytes[position + 1] == 0xBB,
        bytes[position + 2] == 0xBF
      {
        fault(.byteOrderMark, number)
        position += 3
      }
      if !line.isEmpty, bytes[line.upperBound - 1] == UInt8(ascii: "\r") {
        fault(.carriageReturn, number)
      }
    }
    var objects = 0
    var hasNul = false
    position = skipBlanks(position, line.upperBound, &hasNul)
    if position == line.upperBound, !hasNul { fault(.blank, number) }
    while position < line.upperBound {
      guard bytes[position] == UInt8(ascii: "{") else {
        fault(isJSONStart(bytes[position]) ? .notAnObject : .malformed, number)
        break
      }
      scanner.restart(at: position)
      do throws(JSONError) {
        try members.read(&scanner)
      } catch {
        readRepaired(
          position..<line.upperBound, number, isRepaired: isRepaired, event: event, fault: fault)
        break
      }
      guard scanner.position <= line.upperBound else {
        fault(.malformed, number)
        break
      }
      position = skipBlanks(scanner.position, line.upperBound, &hasNul)
      guard !members.isEmpty else {
        fault(.empty, number)
        continue
      }
      for problem in members.faults { fault(problem, number) }
      guard members.isEvent else {
        fault(.notAnEvent, number)
        continue
      }
      objects += 1
      if objects == 2 { fault(.glued, number) }
      members.withTexts { event(members.fields, $0, number) }
    }
    if hasNul { fault(.nul, number) }
  }

  /// Reads the rest of a line that is no JSON, once what is known to be written wrongly is put
  /// right.
  private mutating func readRepaired(
    _ range: Range<Int>, _ number: Int, isRepaired: Bool,
    event: (EventFields, EventTexts, Int) -> Void, fault: (ProxyEventReader.Fault, Int) -> Void
  ) {
    guard !isRepaired, let repair = LineRepair(Array(bytes[range])) else {
      fault(.malformed, number)
      if let start = startBehindTorn(range) {
        read(start..<range.upperBound, number, isRepaired: true, event: event, fault: fault)
      }
      return
    }
    for kind in repair.faults { fault(kind, number) }
    repair.bytes.withUnsafeBufferPointer { all in
      var lines = EventLines(repair.bytes, all)
      lines.read(all.indices, number, isRepaired: true, event: event, fault: fault)
    }
  }

  /// Where the events begin that a proxy wrote behind a line it was killed in, if that is what this
  /// is: an event that says when and which, and nothing but objects from there to the end.
  private mutating func startBehindTorn(_ range: Range<Int>) -> Int? {
    var start = range.lowerBound
    for _ in 0..<Self.mostTornStarts {
      guard let next = firstObject(start + 1, range.upperBound) else { return nil }
      start = next
      scanner.restart(at: start)
      guard (try? members.read(&scanner)) != nil, members.fields.time != nil,
        members.fields.rid.count > 0, isObjects(scanner.position, range.upperBound)
      else { continue }
      return start
    }
    return nil
  }

  /// A torn line has a few objects in it at most; what has more is something else.
  private static let mostTornStarts = 16

  private func firstObject(_ start: Int, _ end: Int) -> Int? {
    guard start < end - 1 else { return nil }
    return (start..<end - 1).first {
      bytes[$0] == UInt8(ascii: "{") && bytes[$0 + 1] == UInt8(ascii: "\"")
    }
  }

  /// Whether there are only whole objects up to the end.
  private mutating func isObjects(_ start: Int, _ end: Int) -> Bool {
    var hasNul = false
    var position = skipBlanks(start, end, &hasNul)
    while position < end {
      guard bytes[position] == UInt8(ascii: "{") else { return false }
      scanner.restart(at: position)
      guard (try? scanner.skipValue()) != nil, scanner.position <= end else { return false }
      position = skipBlanks(scanner.position, end, &hasNul)
    }
    return position == end
  }

  /// Goes over white space and NUL.
  @inline(__always)
  private func skipBlanks(_ start: Int, _ end: Int, _ hasNul: inout Bool) -> Int {
    var index = start
    while index < end, bytes[index] <= 0x20 {
      if bytes[index] == 0 { hasNul = true }
      index += 1
    }
    return index
  }

  private func isJSONStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  @inline(__always)
  func newline(from start: Int) -> Int? {
    guard let baseAddress, start < count else { return nil }
    return memchr(baseAddress + start, 0x0A, count - start)
      .map { UnsafeRawPointer($0) - UnsafeRawPointer(baseAddress) }
  }
}

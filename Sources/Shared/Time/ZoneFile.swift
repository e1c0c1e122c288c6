#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif
import SystemPackage

/// The rules of one time zone as the system's zone files tell them.
///
/// The format is RFC 8536's TZif: versions 1 to 4 without leap seconds, and in the footer of the
/// later ones a POSIX rule for the moments after the last transition.
package struct ZoneFile: Sendable {
  /// The moments at which the offset changes, in seconds since 1970, ascending.
  package let transitions: [Int64]
  /// The offset that holds from the transition of the same index on.
  private let offsets: [Int32]
  private let offsetBefore: Int32
  private let rule: ZoneRule?

  /// Reads the file of a zone by its IANA name; nil when there is none or it is damaged.
  package init?(named name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".."
        && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }
    // A name comes out of a pasted text: it must not lead out of the folder.
    guard isPlain else { return nil }
    let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
    guard let file = try? readWholeFile(FilePath(folder).appending(name)) else { return nil }
    self.init(bytes: file.bytes)
  }

  /// Reads the bytes of a zone file; nil when they are damaged.
  package init?(bytes: [UInt8]) {
    guard let old = Header(bytes, at: 0) else { return nil }
    guard old.version > 0 else {
      self.init(bytes, old, wide: false, rule: nil)
      return
    }
    guard let header = Header(bytes, at: old.end(wide: false)),
      header.end(wide: true) <= bytes.count
    else { return nil }
    let footer = bytes[header.end(wide: true)...]
    guard footer.first == UInt8(ascii: "\n"),
      let end = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let text = footer[(footer.startIndex + 1)..<end]
    let rule = ZoneRule(Array(text))
    guard text.isEmpty || rule != nil else { return nil }
    self.init(bytes, header, wide: true, rule: rule)
  }

  private init?(_ bytes: [UInt8], _ header: Header, wide: Bool, rule: ZoneRule?) {
    guard header.end(wide: wide) <= bytes.count, header.types > 0, header.leapSeconds == 0
    else { return nil }
    let width = wide ? 8 : 4
    let indices = header.start + header.transitions * width
    let types = indices + header.transitions
    var transitions: [Int64] = []
    var offsets: [Int32] = []
    for number in 0..<header.transitions {
      let moment = Self.number(bytes, at: header.start + number * width, width)
      let type = Int(bytes[indices + number])
      guard type < header.types, transitions.last.map({ $0 < moment }) ?? true else { return nil }
      transitions.append(moment)
      offsets.append(Int32(truncatingIfNeeded: Self.number(bytes, at: types + type * 6, 4)))
    }
    let first = Int32(truncatingIfNeeded: Self.number(bytes, at: types, 4))
    let largest: Int32 = 26 * 3_600
    guard (offsets + [first]).allSatisfy({ (-largest...largest).contains($0) }) else { return nil }
    self.transitions = transitions
    self.offsets = offsets
    self.offsetBefore = first
    self.rule = rule
  }

  /// Seconds that the zone's clock is ahead of universal time at a second since 1970.
  package func offset(at second: Int64) -> Int {
    guard let last = transitions.last, second < last else {
      if let rule { return rule.offset(at: second) }
      return Int(offsets.last ?? offsetBefore)
    }
    return transitions.withUnsafeBufferPointer { transitions in
      var low = 0
      var high = transitions.count
      while low < high {
        let middle = (low + high) / 2
        if transitions[middle] <= second { low = middle + 1 } else { high = middle }
      }
      return Int(low == 0 ? offsetBefore : offsets[low - 1])
    }
  }

  /// A signed number of the file, most significant byte first.
  private static func number(_ bytes: [UInt8], at start: Int, _ width: Int) -> Int64 {
    let value = bytes[start..<start + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = 64 - width * 8
    return Int64(bitPattern: value << UInt64(unused)) >> Int64(unused)
  }

  /// The counts at the head of each of the file's two parts (RFC 8536, 3.1).
  private struct Header {
    let version: UInt8
    /// Where the data begin.
    let start: Int
    let leapSeconds: Int
    let transitions: Int
    let types: Int
    private let others: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard bytes.count >= start + 44, bytes[start..<start + 4].elementsEqual("TZif".utf8)
      else { return nil }
      let counts = (0..<6).map { Int(ZoneFile.number(bytes, at: start + 20 + $0 * 4, 4)) }
      guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
      version = bytes[start + 4]
      self.start = start + 44
      leapSeconds = counts[2]
      transitions = counts[3]
      types = counts[4]
      others = counts[0] + counts[1] + counts[5]
    }

    /// Where the data end, with times of 8 bytes or of 4.
    func end(wide: Bool) -> Int {
      let width = wide ? 8 : 4
      return start + transitions * (width + 1) + types * 6 + leapSeconds * (width + 4) + others
    }
  }
}

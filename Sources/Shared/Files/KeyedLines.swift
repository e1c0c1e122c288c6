package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads those whole lines of a file that hold one of some keys, and passes over all others unparsed.
///
/// A file of a gigabyte is gone through at the speed of a search for bytes, in a block of memory.
package struct KeyedLines: ~Copyable {
  private let keys: [[UInt8]]
  private let longestLine: Int
  private let block: UnsafeMutableRawBufferPointer

  /// Prepares to read; lines with more than `longestLine` bytes are passed over.
  package init(keys: [String], longestLine: Int) {
    self.keys = keys.map { Array($0.utf8) }
    self.longestLine = longestLine
    // Fits in the cache next to the core, so that the search finds what the read has put there.
    block = .allocate(byteCount: max(256 << 10, longestLine * 2), alignment: 64)
  }

  deinit { block.deallocate() }

  /// Gives each whole line with a key, without its newline, in the order of the file.
  ///
  /// - Parameter range: Where to read, from the beginning of a line.
  /// - Returns: The offset behind the last newline; the rest is a line that is still being written.
  package func read(
    _ file: FileDescriptor, _ range: Range<Int64>, found: ([UInt8]) -> Void
  ) throws(Errno) -> Int64 {
    var position = range.lowerBound
    var lineEnd = position
    // The beginning of a line whose end is not read yet.
    var kept = 0
    var isInLongLine = false
    while position < range.upperBound {
      let count = try fill(file, from: position, behind: kept, before: range.upperBound)
      if count == 0 { break }
      let fresh = kept..<kept + count
      position += Int64(count)
      kept = fresh.upperBound
      if let last = lastNewline(in: fresh) {
        let first = isInLongLine ? (firstNewline(from: fresh.lowerBound, to: kept) ?? last) + 1 : 0
        search(first..<last + 1, found)
        isInLongLine = false
        lineEnd = position - Int64(kept - last - 1)
        kept = keep(last + 1..<kept)
      }
      if kept > longestLine {
        isInLongLine = true
        kept = 0
      }
    }
    return lineEnd
  }

  private func fill(
    _ file: FileDescriptor, from position: Int64, behind kept: Int, before end: Int64
  ) throws(Errno) -> Int {
    let room = Int(min(Int64(block.count - kept), end - position))
    let target = UnsafeMutableRawBufferPointer(rebasing: block[kept..<kept + room])
    do {
      return try file.read(fromAbsoluteOffset: position, into: target)
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// Moves the beginning of a line to the front, and returns its length.
  private func keep(_ range: Range<Int>) -> Int {
    block.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[range]))
    return range.count
  }

  private func search(_ lines: Range<Int>, _ found: ([UInt8]) -> Void) {
    var start = lines.lowerBound
    // Where each key stands next; searched for anew only when it is passed.
    var hits = keys.map { occurrence(of: $0, in: lines) }
    while let hit = hits.min(), hit < lines.upperBound {
      let first = lastNewline(in: start..<hit).map { $0 + 1 } ?? start
      let end = firstNewline(from: hit, to: lines.upperBound) ?? lines.upperBound
      if end - first <= longestLine { found(Array(block[first..<end])) }
      start = end + 1
      for (index, key) in keys.enumerated() where hits[index] < start {
        hits[index] = occurrence(of: key, in: min(start, lines.upperBound)..<lines.upperBound)
      }
    }
  }

  /// Where a key first stands; behind all where it does not.
  private func occurrence(of key: [UInt8], in range: Range<Int>) -> Int {
    let text = UnsafeRawBufferPointer(rebasing: block[range])
    let hit = key.withUnsafeBytes { key in firstOccurrence(of: key, in: text) }
    return hit.map { $0 + range.lowerBound } ?? .max
  }

  private func firstNewline(from start: Int, to end: Int) -> Int? {
    guard let base = block.baseAddress, start < end else { return nil }
    return memchr(base + start, Int32(newline), end - start).map {
      UnsafeMutableRawPointer($0) - base
    }
  }

  private func lastNewline(in range: Range<Int>) -> Int? {
    lastOccurrence(of: newline, in: UnsafeRawBufferPointer(rebasing: block[range]))
      .map { $0 + range.lowerBound }
  }
}

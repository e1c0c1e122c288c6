package import SystemPackage

/// Where a log is cut so that its newest lines stay.
package enum LineCut {
  /// The limits of a log.
  package struct Limits: Sendable, Equatable {
    /// A log larger than this is cut, and is not larger afterwards.
    package var maximumBytes: Int
    /// How many lines stay at most.
    package var keepLines: Int

    package init(maximumBytes: Int, keepLines: Int) {
      self.maximumBytes = maximumBytes
      self.keepLines = keepLines
    }
  }

  /// The offset of the first byte to keep; 0 when nothing is dropped.
  ///
  /// A line ends with its line feed; a last one without counts as well, an empty one too. The limit
  /// of bytes wins over the number of lines; only a last line that is larger by itself is kept.
  /// Reads the file from its end, in blocks, no further back than what is kept.
  package static func offset(
    in file: FileDescriptor, size: Int, limits: Limits
  ) throws(FileError) -> Int {
    guard size > limits.maximumBytes else { return 0 }
    var scan = BackwardScan(file: file, end: size)
    // A line feed at the very end ends the last line and begins none.
    var start = try scan.previousLineFeed(before: size - 1).map { $0 + 1 } ?? 0
    var kept = 1
    while start > 0, kept < limits.keepLines {
      let earlier = try scan.previousLineFeed(before: start - 1).map { $0 + 1 } ?? 0
      guard size - earlier <= limits.maximumBytes else { break }
      start = earlier
      kept += 1
    }
    return start
  }
}

/// Finds line feeds from the end of a file towards its beginning.
private struct BackwardScan {
  private static let blockSize = 64 << 10
  private let file: FileDescriptor
  private var block: [UInt8] = []
  private var blockStart: Int

  init(file: FileDescriptor, end: Int) {
    self.file = file
    blockStart = end
  }

  /// The last line feed before `offset`; nil when there is none.
  mutating func previousLineFeed(before offset: Int) throws(FileError) -> Int? {
    var offset = offset
    while true {
      if offset > blockStart {
        let known = block[..<min(block.count, offset - blockStart)]
        if let found = known.lastIndex(of: newline) { return blockStart + found }
        offset = blockStart
      }
      guard blockStart > 0 else { return nil }
      let start = max(0, blockStart - Self.blockSize)
      let count = blockStart - start
      do throws(Errno) {
        block = try file.bytes(from: start, upTo: count)
      } catch {
        throw FileError(operation: "read", path: "log", errno: error)
      }
      guard block.count == count else {
        throw FileError(operation: "read", path: "log", errno: .ioError)
      }
      blockStart = start
    }
  }
}

internal import SystemPackage

/// Some whole lines of a log.
struct LineChunk {
  var bytes: [UInt8] = []
  /// Whether a line that is too long to be read ended before them.
  var endsLongLine = false
  /// Whether the last line had no end of its own.
  var isTorn = false
}

/// Reads a file or a pipe in pieces of whole lines, whatever its size.
struct LineChunks: ~Copyable {
  private let file: FileDescriptor
  /// Where to read next; nil of a pipe.
  private var position: Int64?
  /// Where to stop reading, so that a file that grows does not keep us.
  private let limit: Int64
  private let size: Int
  private let takesTornLine: Bool
  private let longestLine: Int
  private var kept: [UInt8] = []
  private var isInLongLine = false
  /// How much of that line was read.
  private var longLine: Int64 = 0
  private var isAtEnd = false

  /// How many bytes were read so far.
  private(set) var bytesRead: Int64 = 0
  /// Behind the last whole line that was given out.
  private(set) var lineEnd: Int64

  /// - Parameters:
  ///   - range: The part of a file to read, from the start of a line; nil reads a pipe to its end.
  ///   - takesTornLine: Whether a last line without an end is given out as well.
  ///   - longestLine: A longer one is passed over.
  init(
    _ file: FileDescriptor, range: Range<Int64>?, takesTornLine: Bool,
    longestLine: Int = ProxyEventReader.longestLine, size: Int = 2 << 20
  ) {
    self.file = file
    position = range?.lowerBound
    lineEnd = range?.lowerBound ?? 0
    limit = range?.upperBound ?? .max
    self.takesTornLine = takesTornLine
    self.longestLine = longestLine
    self.size = size
  }

  /// The next lines; nil at the end.
  mutating func next() throws(Errno) -> LineChunk? {
    while !isAtEnd {
      let (bytes, fresh) = try fill()
      var chunk = LineChunk()
      var start = 0
      if isInLongLine {
        guard let end = bytes[fresh...].firstIndex(of: UInt8(ascii: "\n")) else {
          longLine += Int64(bytes.count)
          if isAtEnd, takesTornLine { return LineChunk(endsLongLine: true) }
          continue
        }
        isInLongLine = false
        chunk.endsLongLine = true
        start = end + 1
        lineEnd += longLine + Int64(start)
      }
      if let last = bytes[max(start, min(fresh, bytes.count))...]
        .lastIndex(of: UInt8(ascii: "\n"))
      {
        keep(bytes, from: last + 1)
        lineEnd += Int64(last + 1 - start)
        // What stands behind the last line feed is left alone by the reader.
        chunk.bytes = start == 0 ? bytes : Array(bytes[start...])
      } else {
        keep(bytes, from: start)
      }
      if isAtEnd, takesTornLine, !kept.isEmpty, chunk.bytes.isEmpty, !chunk.endsLongLine {
        chunk.bytes = kept + [UInt8(ascii: "\n")]
        chunk.isTorn = true
        kept = []
      } else if isAtEnd, takesTornLine, !kept.isEmpty {
        isAtEnd = false
      }
      if !chunk.bytes.isEmpty || chunk.endsLongLine { return chunk }
    }
    return nil
  }

  private mutating func keep(_ bytes: [UInt8], from start: Int) {
    kept = Array(bytes[start...])
    if kept.count > longestLine {
      longLine = Int64(kept.count)
      kept = []
      isInLongLine = true
    }
  }

  /// The beginning of a line that was kept, and what comes after it.
  ///
  /// - Returns: The bytes, and where the fresh ones begin.
  private mutating func fill() throws(Errno) -> ([UInt8], Int) {
    let before = kept
    kept = []
    let wanted = Int(min(Int64(size), limit - (position ?? 0)))
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: before.count + max(wanted, 0)) {
      buffer, count in
      _ = buffer.update(fromContentsOf: before)
      count = before.count
      while count < before.count + wanted {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count..<before.count + wanted])
        do {
          let got = try read(into: rest)
          if got == 0 { break }
          count += got
        } catch {
          failure = error as? Errno ?? .ioError
          return
        }
      }
    }
    if let failure { throw failure }
    bytesRead += Int64(bytes.count - before.count)
    if bytes.count < before.count + size { isAtEnd = true }
    return (bytes, before.count)
  }

  private mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let offset = position else { return try file.read(into: buffer) }
    let count = try file.read(fromAbsoluteOffset: offset, into: buffer)
    position = offset + Int64(count)
    return count
  }
}

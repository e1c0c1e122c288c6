import SystemPackage

/// Finds where the kept end of a file of lines begins; decides only, changes nothing.
///
/// A line is the bytes up to and with a newline; a last line without one is a line too. A line of
/// only spaces, tabs and carriage returns is blank: it does not count, and stays only between lines
/// that stay.
enum LineCut {
  /// The offset of the first byte to keep; 0 if nothing is to be dropped.
  ///
  /// Reads backwards in blocks and never further than needed, so that the size does not matter.
  ///
  /// - Parameters:
  ///   - size: how much of the file counts.
  ///   - read: gives the bytes of a range.
  static func find(
    size: Int64, limits: LineRotation.Limits, blockSize: Int64 = 65_536,
    read: (Range<Int64>) throws(FileError) -> [UInt8]
  ) throws(FileError) -> Int64 {
    var scan = Scan(size: size, limits: limits)
    var upper = size
    while upper > 0, !scan.isDone {
      let lower = max(0, upper - blockSize)
      scan.visit(try read(lower..<upper), at: lower)
      upper = lower
    }
    if !scan.isDone { scan.endLine(at: 0) }
    return scan.start
  }

  /// The state of reading backwards: the kept part so far, and the line being read.
  private struct Scan {
    let size: Int64
    let limits: LineRotation.Limits
    var start: Int64
    var isDone = false
    private var kept = 0
    private var hasContent = false

    init(size: Int64, limits: LineRotation.Limits) {
      self.size = size
      self.limits = limits
      start = size
    }

    mutating func visit(_ block: [UInt8], at offset: Int64) {
      block.withUnsafeBufferPointer { block in
        for index in block.indices.reversed() {
          switch block[index] {
          case newline:
            let lineStart = offset + Int64(index) + 1
            if lineStart < size { endLine(at: lineStart) }
            if isDone { return }
          case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
          default: hasContent = true
          }
        }
      }
    }

    /// Takes the line that starts here into the kept part, or ends the scan.
    mutating func endLine(at lineStart: Int64) {
      let fits = kept < limits.keepLines && size - lineStart <= limits.maxBytes
      // The last line stays, however long.
      if kept > 0, !fits {
        isDone = true
      } else if hasContent {
        start = lineStart
        kept += 1
      }
      hasContent = false
    }
  }
}

/// The length of the blank lines a file begins with.
func blankHead(of bytes: [UInt8]) -> Int {
  var end = 0
  for (index, byte) in bytes.enumerated() {
    switch byte {
    case newline: end = index + 1
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
    default: return end
    }
  }
  return end
}

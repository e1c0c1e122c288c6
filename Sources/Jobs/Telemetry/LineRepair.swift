/// A line with what programs are known to write wrongly put right: bytes that are not UTF-8, and the
/// numbers that JSON does not know.
struct LineRepair {
  let bytes: [UInt8]
  private(set) var faults: [ProxyEventReader.Fault] = []

  /// Nil when there is nothing to put right.
  init?(_ line: [UInt8]) {
    var bytes = line
    let text = Array(String(decoding: line, as: UTF8.self).utf8)
    if text != line {
      bytes = text
      faults.append(.invalidUTF8)
    }
    if let numbers = Self.withoutUnknownNumbers(bytes) {
      bytes = numbers
      faults.append(.notANumber)
    }
    guard !faults.isEmpty else { return nil }
    self.bytes = bytes
  }

  /// `NaN`, `Infinity` and `-Infinity` outside of strings become null; nil where there is none.
  private static func withoutUnknownNumbers(_ line: [UInt8]) -> [UInt8]? {
    let words = ["NaN", "Infinity", "-Infinity", "-NaN"].map { Array($0.utf8) }
    var result: [UInt8] = []
    result.reserveCapacity(line.count)
    var isFound = false
    var isInString = false
    var index = 0
    while index < line.count {
      let byte = line[index]
      if isInString {
        if byte == UInt8(ascii: "\\"), index + 1 < line.count {
          result.append(byte)
          index += 1
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if byte == UInt8(ascii: "N") || byte == UInt8(ascii: "I") || byte == UInt8(ascii: "-"),
        let word = words.first(where: { line[index...].starts(with: $0) })
      {
        result += Array("null".utf8)
        index += word.count
        isFound = true
        continue
      }
      result.append(line[index])
      index += 1
    }
    return isFound ? result : nil
  }
}

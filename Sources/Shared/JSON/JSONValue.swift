/// Single values of a JSON text, read where they are known to stand.
package enum JSONValue {
  /// The string at `range`, quotes included; nil when there is another kind of value.
  package static func string(_ bytes: [UInt8], _ range: Range<Int>) -> String? {
    guard bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let content = bytes[(range.lowerBound + 1)..<(range.upperBound - 1)]
    guard content.contains(UInt8(ascii: "\\")) else {
      return String(decoding: content, as: UTF8.self)
    }
    return scalar(bytes, range, .string) { $0.text() }
  }

  /// The moment at `range`, a string of RFC 3339; nil when there is anything else.
  package static func timestamp(_ bytes: [UInt8], _ range: Range<Int>) -> Timestamp? {
    guard bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    return bytes.withUnsafeBufferPointer { all in
      Timestamp(utf8: UnsafeBufferPointer(rebasing: all[range].dropFirst().dropLast()))
    }
  }

  /// The whole number at `range`; nil when there is anything else.
  package static func integer(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
    scalar(bytes, range, .number) { $0.integer() } ?? nil
  }

  private static func scalar<Value>(
    _ bytes: [UInt8], _ range: Range<Int>, _ kind: JSONToken,
    read: (borrowing JSONScanner) -> Value
  ) -> Value? {
    var scanner = JSONScanner(bytes, at: range.lowerBound)
    guard (try? scanner.next()) == kind else { return nil }
    return read(scanner)
  }
}

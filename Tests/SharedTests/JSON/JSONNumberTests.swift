import Shared
import TestSupport
import Testing

struct JSONNumberTests {
  private func number(_ text: String) throws -> (Int?, Double?) {
    var scanner = JSONScanner(Array(text.utf8))
    #expect(try scanner.next() == .number)
    return (scanner.integer(), scanner.double())
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("0.000", 0), ("0e999999999999999999999", 0), ("12", 12), ("-12", -12),
      ("12.0", 12), ("12.50", nil), ("1e6", 1_000_000), ("1E+6", 1_000_000), ("1.5e1", 15),
      ("0.5e1", 5), ("0.05e2", 5), ("0.05e1", nil), ("100e-2", 1), ("120e-2", nil), ("1e-1", nil),
      ("-1000.0e-3", -1), ("10203.0405e4", 102_030_405), ("1e18", 1_000_000_000_000_000_000),
      ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("922337203685477580.7e1", .max), ("1e19", nil),
      ("12345678901234567890", nil), ("1e99999999999999999999", nil),
      ("1e-99999999999999999999", nil),
      ("9007199254740993", 9_007_199_254_740_993), ("1000000000000000000000e-20", 10),
    ] as [(String, Int?)])
  func `a whole number that fits is an integer`(text: String, expected: Int?) throws {
    #expect(try number(text).0 == expected)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", -0.0), ("0.1", 0.1), ("1e21", 1e21),
      ("9007199254740993", 9_007_199_254_740_992),
      ("12345678901234567890", 0x1.56a95319d63e1p63), ("5e-324", .leastNonzeroMagnitude),
      ("1e-999", 0),
      ("1.7976931348623157e308", .greatestFiniteMagnitude), ("1e309", nil), ("-1e309", nil),
    ] as [(String, Double?)])
  func `a number is rounded to the nearest double`(text: String, expected: Double?) throws {
    let value = try number(text).1
    #expect(value == expected)
    #expect(value?.sign == expected?.sign)
  }

  @Test func `only a number has a value`() throws {
    var scanner = JSONScanner(Array(#"["12",12]"#.utf8))
    #expect(try scanner.enterArray())
    #expect(try scanner.next() == .string)
    #expect(scanner.integer() == nil)
    #expect(scanner.double() == nil)
    #expect(try scanner.nextElement())
    try scanner.skipValue()
    #expect(scanner.integer() == nil)
    #expect(scanner.text() == "")
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (1.5, "1.5"), (100, "100"), (0.1, "0.1"),
      (0.000001, "0.000001"), (0.0000015, "0.0000015"), (0.0000005, "5e-7"), (1.25e-7, "1.25e-7"),
      (1e20, "100000000000000000000"), (123_456_789_012_345_683_968, "123456789012345680000"),
      (1e21, "1e+21"), (1.5e300, "1.5e+300"), (.leastNonzeroMagnitude, "5e-324"),
      (0.1 + 0.2, "0.30000000000000004"),
      (2_251_799_813_685_248.5, "2251799813685248.5"), (9_007_199_254_740_992, "9007199254740992"),
      (18_014_398_509_481_984, "18014398509481984"), (-123.456, "-123.456"), (0.00012, "0.00012"),
      (1e16, "10000000000000000"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
      (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
    ] as [(Double, String)])
  func `a double is printed as JavaScript prints it`(value: Double, expected: String) {
    var writer = JSONWriter()
    writer.double(value)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
  }

  @Test func `every printed double reads back as the same one`() throws {
    var random = SeededNumbers(seed: 7)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      var writer = JSONWriter()
      writer.double(value)
      var scanner = JSONScanner(writer.bytes)
      #expect(try scanner.next() == .number)
      #expect(scanner.double() == value)
    }
  }
}

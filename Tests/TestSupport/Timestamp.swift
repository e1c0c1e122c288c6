#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A moment as the registry writes it: `2026-02-13T10:00:00.000Z`.
package struct Timestamp: Comparable, Sendable {
  /// Milliseconds since 1970.
  package let milliseconds: Int64

  /// A moment by its number.
  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Reads the registry's form; nil for anything else.
  package init?(_ text: String?) {
    guard let text, text.utf8.count == 24, text.hasSuffix("Z") else { return nil }
    let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard numbers.count == 7 else { return nil }
    var parts = tm()
    parts.tm_year = numbers[0] - 1900
    parts.tm_mon = numbers[1] - 1
    parts.tm_mday = numbers[2]
    parts.tm_hour = numbers[3]
    parts.tm_min = numbers[4]
    parts.tm_sec = numbers[5]
    milliseconds = Int64(timegm(&parts)) * 1000 + Int64(numbers[6])
  }

  /// The wall clock, moved by `seconds`.
  package static func now(_ seconds: Double = 0) -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    return Timestamp(milliseconds: now + Int64(seconds * 1000))
  }

  /// Earlier is less.
  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Seconds from `earlier` to this.
  package func seconds(since earlier: Timestamp) -> Double {
    Double(milliseconds - earlier.milliseconds) / 1000
  }

  /// The registry's form.
  package var text: String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func pad(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [(parts.tm_year + 1900, 4), (parts.tm_mon + 1, 2), (parts.tm_mday, 2)]
      .map { pad(Int64($0.0), $0.1) }.joined(separator: "-")
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { pad(Int64($0), 2) }
      .joined(separator: ":")
    return "\(date)T\(time).\(pad(milliseconds % 1000, 3))Z"
  }
}

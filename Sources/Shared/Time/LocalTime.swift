import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The clock on the wall of one time zone.
///
/// Conversions between moments and local time: of the process' own zone by the C library, which
/// knows `TZ` and `/etc/localtime`, and of a zone with a name by the system's zone files.
package struct LocalTime: Sendable {
  private enum Source: Sendable {
    case process
    case file(ZoneFile)
    case universal
  }

  private let source: Source

  /// The zone of this process.
  package static let system: LocalTime = {
    tzset()
    return LocalTime(source: .process)
  }()

  /// Whether the C library takes a value of `TZ` for what it says; what it does not know is universal
  /// time to it, without a word.
  package static func isKnown(zone value: String) -> Bool {
    let name = value.hasPrefix(":") ? String(value.dropFirst()) : value
    if name.isEmpty || ZoneFile(named: name) != nil || ZoneRule(Array(name.utf8)) != nil {
      return true
    }
    let file = name.hasPrefix("/") ? (try? readWholeFile(FilePath(name))) ?? nil : nil
    return file.flatMap { ZoneFile(bytes: $0.bytes) } != nil
  }

  /// Universal time.
  package static let universal = LocalTime(source: .universal)

  /// The zone of an IANA name, `Europe/Helsinki`; nil when the system has no file of it.
  package init?(named name: String) {
    if let file = ZoneFile(named: name) {
      source = .file(file)
    } else if ["UTC", "GMT", "Etc/UTC"].contains(name) {
      // A machine without zone files still knows these.
      source = .universal
    } else {
      return nil
    }
  }

  private init(source: Source) {
    self.source = source
  }

  /// Seconds that the local clock is ahead of universal time.
  package func offset(at moment: Timestamp) -> Int {
    offset(atSecond: moment.milliseconds.quotientAndFloorRemainder(by: 1_000).0)
  }

  /// What the local clock shows.
  package func civil(at moment: Timestamp) -> CivilTime {
    let second = moment.milliseconds.quotientAndFloorRemainder(by: 1_000).0
    return CivilTime(clockSeconds: second + Int64(offset(atSecond: second)))
  }

  /// The day the local calendar shows.
  package func day(at moment: Timestamp) -> LocalDay { civil(at: moment).day }

  /// Every moment at which the local clock shows this, earliest first.
  ///
  /// None where the clock is put forward over it, two where it is put back to before it.
  package func moments(of time: CivilTime) -> [Timestamp] {
    let clock = time.clockSeconds
    var found: [Int64] = []
    // An offset is never more than 16 hours and holds for hours at least, so each one that could
    // apply is met by a look at every hour around.
    for hour in Self.hoursAround {
      let offset = Int64(offset(atSecond: clock + hour * 3_600))
      let second = clock - offset
      if !found.contains(second), self.offset(atSecond: second) == offset { found.append(second) }
    }
    return found.sorted().map(Self.timestamp)
  }

  /// The first moment at which the local clock shows this, or has just been put forward over it.
  package func firstMoment(atOrAfter time: CivilTime) -> Timestamp {
    if let first = moments(of: time).first { return first }
    let clock = time.clockSeconds
    var before = clock + (Self.hoursAround.first ?? 0) * 3_600
    var after = clock + (Self.hoursAround.last ?? 0) * 3_600
    while after - before > 1 {
      let middle = before + (after - before) / 2
      if middle + Int64(offset(atSecond: middle)) < clock {
        before = middle
      } else {
        after = middle
      }
    }
    return Self.timestamp(after)
  }

  /// The moment a day begins, mostly midnight.
  package func start(of day: LocalDay) -> Timestamp {
    firstMoment(atOrAfter: CivilTime(day: day))
  }

  private static let hoursAround = Array<Int64>(-17...17)

  private static func timestamp(_ second: Int64) -> Timestamp {
    let (milliseconds, overflow) = second.multipliedReportingOverflow(by: 1_000)
    guard overflow else { return Timestamp(milliseconds: milliseconds) }
    return Timestamp(milliseconds: second < 0 ? .min : .max)
  }

  private func offset(atSecond second: Int64) -> Int {
    switch source {
    case .universal: return 0
    case .file(let file): return file.offset(at: second)
    case .process:
      var seconds = time_t(second)
      var fields = tm()
      guard localtime_r(&seconds, &fields) != nil else { return 0 }
      return fields.tm_gmtoff
    }
  }
}

import Jobs
import Shared
import SystemPackage
import TestSupport

/// A zone of this machine's data base, with the moments at which its clock is put forward or back.
struct ScheduleZone: Sendable {
  let name: String
  let time: LocalTime
  let transitions: [Timestamp]

  /// The years that are looked at: 1990 to 2037.
  static let years: Range<Int64> = 631_152_000..<2_145_916_800

  init?(_ name: String) {
    guard let file = ZoneFile(named: name), let time = LocalTime(named: name) else { return nil }
    self.name = name
    self.time = time
    var found = file.transitions.filter(Self.years.contains)
    // Past the last transition a file only has a rule: its changes are narrowed down from weeks.
    let week: Int64 = 7 * 86_400
    var second = max(Self.years.lowerBound, file.transitions.last ?? .min)
    while second < Self.years.upperBound {
      var (low, high) = (second, second + week)
      second = high
      guard file.offset(at: low) != file.offset(at: high) else { continue }
      while high - low > 1 {
        let middle = (low + high) / 2
        if file.offset(at: middle) == file.offset(at: low) { low = middle } else { high = middle }
      }
      found.append(high)
    }
    transitions = found.compactMap { Timestamp(epochSeconds: Int($0)) }
  }

  /// Every zone; of names that mean the same rules the first.
  static let all: [ScheduleZone] = {
    var rules: Set<[UInt8]> = []
    return names().compactMap { name in
      guard let bytes = readBytes(folder.appending(name)), rules.insert(bytes).inserted
      else { return nil }
      return ScheduleZone(name)
    }
  }()

  private static let folder: FilePath = "/usr/share/zoneinfo"

  private static func names() -> [String] {
    func names(under folder: String, _ depth: Int) -> [String] {
      listFolder(self.folder.appending(folder)).flatMap { name in
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        // "posix" and "right" have them all again.
        guard name.first?.isUppercase == true else { return [String]() }
        return [path] + (depth < 3 ? names(under: path, depth + 1) : [])
      }
    }
    return names(under: "", 1).filter { ZoneFile(named: $0) != nil }
  }
}

/// When cron starts the job in a stretch of time: at 00:06 and at 6 minutes past every later hour.
struct CronTriggers {
  let zone: LocalTime
  /// Whether the machine never sleeps and no run is skipped but those at times that do not exist.
  let isSteady: Bool

  /// All starts, earliest first; two at one moment are two runs at once.
  func moments(
    from start: Timestamp, to end: Timestamp, _ numbers: inout SeededNumbers
  ) -> [Timestamp] {
    var found: [Timestamp] = []
    var day = zone.day(at: start)
    while zone.start(of: day) < end {
      for hour in 0...23 { found += starts(CivilTime(day: day, hour: hour, minute: 6), &numbers) }
      day = day.next
    }
    if !isSteady { shake(&found, from: start, to: end, &numbers) }
    return found.filter { $0 >= start && $0 < end }.sorted()
  }

  /// Cron leaves out a time that does not exist or makes up for it, and meets one that comes twice
  /// once or twice: all of it happens.
  private func starts(_ time: CivilTime, _ numbers: inout SeededNumbers) -> [Timestamp] {
    let moments = zone.moments(of: time)
    switch moments.count {
    case 0: return Bool.random(using: &numbers) ? [] : [zone.firstMoment(atOrAfter: time)]
    case 1: return moments
    default: return Bool.random(using: &numbers) ? moments : [moments[0]]
    }
  }

  private func shake(
    _ moments: inout [Timestamp], from start: Timestamp, to end: Timestamp,
    _ numbers: inout SeededNumbers
  ) {
    moments = moments.filter { _ in Int.random(in: 0..<10, using: &numbers) > 0 }
    let nap = start + .seconds(Int.random(in: 0..<Int((end - start).inSeconds), using: &numbers))
    let length = Duration.minutes(Int.random(in: 60..<1_500, using: &numbers))
    moments = moments.filter { $0 < nap || $0 > nap + length }
    for moment in moments {
      switch Int.random(in: 0..<12, using: &numbers) {
      case 0: moments.append(moment)
      case 1: moments.append(moment + .seconds(Int.random(in: 1..<3_000, using: &numbers)))
      case 2: moments.append(moment + .seconds(Int.random(in: 1..<90, using: &numbers)))
      default: break
      }
    }
  }
}

/// A vendor's five-hour windows: each is begun by the first use after the one before.
struct FiveHourVendor {
  /// The uses of each window, whose first begins it.
  let windows: [[Timestamp]]
  /// Whether nothing begun has an end that slides, or none.
  let slides: Bool
  static let length = Duration.minutes(300)

  init(from start: Timestamp, to end: Timestamp, _ numbers: inout SeededNumbers) {
    var windows: [[Timestamp]] = []
    var moment = start
    while moment < end {
      if let begun = windows.last?.first, moment < begun + Self.length {
        windows[windows.count - 1].append(moment)
      } else {
        windows.append([moment])
      }
      let pause = Int.random(in: 0..<6, using: &numbers) == 0 ? 1_200 : 60
      moment = moment + .seconds(Int.random(in: 60..<pause * 60, using: &numbers))
    }
    self.windows = windows
    slides = Bool.random(using: &numbers)
  }

  /// The end of a window that has begun.
  func end(_ window: Int) -> Timestamp { windows[window][0] + Self.length }

  /// The window that runs at a moment; nil when none has begun.
  func running(at moment: Timestamp) -> Int? {
    windows.lastIndex { $0[0] <= moment }.flatMap { moment < end($0) ? $0 : nil }
  }

  func reading(at moment: Timestamp, _ numbers: inout SeededNumbers) -> Reading {
    guard let window = running(at: moment) else {
      return reading(moment, 0, slides ? moment + Self.length : nil)
    }
    let uses = windows[window].filter { $0 <= moment }.count
    let jitter = Duration.seconds(Int.random(in: -2...2, using: &numbers))
    return reading(moment, Double(uses), end(window) + jitter)
  }

  private func reading(_ moment: Timestamp, _ percent: Double, _ end: Timestamp?) -> Reading {
    Reading(
      provider: .claude, account: nil,
      limits: [
        LimitReading(limitID: "five_hour", minutes: 300, usedPercent: percent, resetsAt: end)
      ], capturedAt: moment, method: .claudeUsage)
  }
}

/// A limit that counts by the local date and says no more than how much of it is used.
struct DailyVendor {
  let zone: LocalTime
  /// What is used at the start of each day; with nothing, a day may pass without having begun.
  let least: Double
  private let uses: [Timestamp]

  init(
    zone: LocalTime, least: Double, from start: Timestamp, to end: Timestamp,
    _ numbers: inout SeededNumbers
  ) {
    self.zone = zone
    self.least = least
    var uses: [Timestamp] = []
    var moment = start
    while moment < end {
      uses.append(moment)
      moment = moment + .minutes(Int.random(in: 30..<1_800, using: &numbers))
    }
    self.uses = uses
  }

  func reading(at moment: Timestamp) -> Reading {
    let day = zone.day(at: moment)
    let used = uses.filter { $0 <= moment && zone.day(at: $0) == day }.count
    return Reading(
      provider: .claude, account: nil,
      limits: [
        LimitReading(
          limitID: "daily", minutes: 1_440, usedPercent: least + Double(used), resetsAt: nil)
      ], capturedAt: moment, method: .claudeUsage)
  }
}

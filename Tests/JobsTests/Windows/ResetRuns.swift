import Jobs
import Shared
import TestSupport

/// Four days of runs at a vendor of five-hour windows.
struct FiveHourRun {
  private let start: Timestamp
  private let vendor: FiveHourVendor
  private let triggers: [Timestamp]
  private var numbers: SeededNumbers
  private var bench: ResetBench
  /// Which of the vendor's windows each name stands for.
  private var windows: [String: Int] = [:]
  /// The most that a run saw of each window.
  private var seen: [Int: Double] = [:]
  private var closed: [String: Int] = [:]
  private var names: [String] = []
  /// What was wrong, in words.
  private(set) var faults: [String] = []

  init(_ zone: ScheduleZone, around moment: Timestamp) {
    var numbers = SeededNumbers(seed: seed(zone.name, moment))
    start = moment - .seconds(2 * 86_400)
    let end = moment + .seconds(2 * 86_400)
    vendor = FiveHourVendor(from: start, to: end, &numbers)
    triggers = CronTriggers(zone: zone.time, isSteady: false)
      .moments(from: start, to: end, &numbers)
    bench = ResetBench(days: zone.time)
    bench.provider = .claude
    self.numbers = numbers
  }

  mutating func go() {
    var earlier: Timestamp?
    for moment in triggers {
      let isSecond = earlier == moment
      earlier = moment
      // Of two runs at once both have found it due before either has written.
      guard isSecond || bench.due(moment) == .look else { continue }
      look(moment)
      prune()
    }
    checkNames()
  }

  private mutating func look(_ moment: Timestamp) {
    let file = bench.stored
    let chance = Int.random(in: 0..<40, using: &numbers)
    let running = vendor.running(at: moment)
    if chance == 0 {
      let time = moment
      bench.apply(time) {
        $0.decide($1, .init(result: .failure(ResetBench.failure), tried: []))
      }
    } else {
      bench.look(vendor.reading(at: moment, &numbers))
    }
    note(bench.last?.rows ?? [], at: moment)
    // A run that is killed leaves its rows, and the file as it was.
    if chance == 1 { bench.stored = file }
    if chance > 1 { follow(bench.position, running, moment) }
  }

  /// A run that was answered, and was not killed, knows the window that runs.
  private mutating func follow(
    _ position: WindowPosition, _ running: Int?, _ moment: Timestamp
  ) {
    guard let window = position.window else { return fault("no window", moment) }
    guard let running else { return }
    let isSettled = running == 0 || moment >= vendor.end(running - 1) + .seconds(300)
    guard case .resetsAt(let end) = position.identity?.end else {
      return isSettled ? fault("\(window) is not pinned", moment) : ()
    }
    guard (end - vendor.end(running)).magnitude <= .seconds(5) else {
      return isSettled ? fault("\(window) is of another window", moment) : ()
    }
    assign(window, running, moment)
    let uses = vendor.windows[running].filter { $0 <= moment }.count
    let opened = bench.last?.rows.contains { $0.phase == .before && $0.window == window } == true
    if !opened { seen[running] = max(seen[running] ?? 0, Double(uses)) }
  }

  private mutating func assign(_ name: String, _ window: Int, _ moment: Timestamp) {
    if let other = windows[name], other != window {
      fault("\(name) is of windows \(other) and \(window)", moment)
    }
    if windows.contains(where: { $0.key != name && $0.value == window }) {
      fault("window \(window) has two names", moment)
    }
    windows[name] = window
  }

  private mutating func note(_ rows: [Snapshot], at moment: Timestamp) {
    for row in rows {
      if row.phase == .before, !names.contains(row.window) { names.append(row.window) }
      guard let reading = row.reading else {
        if row.phase == .after, row.corrects == nil { close(row, moment) }
        continue
      }
      if let end = reading.leadingLimit?.resetsAt,
        let window = vendor.windows.indices.first(where: {
          (vendor.end($0) - end).magnitude <= .seconds(2)
        })
      {
        assign(row.window, window, moment)
        let isEarly =
          row.phase == .before && windows.values.contains(window - 1)
          && row.capturedAt < vendor.end(window - 1) + .seconds(298)
        if isEarly { fault("the BEFORE of \(row.window) is early", moment) }
        let isLate = row.phase == .after && row.capturedAt > vendor.end(window) + .seconds(2)
        if isLate { fault("the AFTER of \(row.window) is late", moment) }
      }
      guard row.phase == .after else { continue }
      if row.corrects == nil { close(row, moment) }
      guard let window = windows[row.window] else { continue }
      if reading.leadingLimit?.usedPercent != seen[window] {
        fault("the AFTER of \(row.window) is not the most that was seen", moment)
      }
    }
    guard !rows.isEmpty else { return }
    for (name, standing) in Dictionary(grouping: bench.history.rows, by: { $0.window }) {
      for phase in Phase.allCases where standing.filter({ $0.phase == phase }).count > 1 {
        fault("\(name) has two rows \(phase)", moment)
      }
    }
  }

  private mutating func close(_ row: Snapshot, _ moment: Timestamp) {
    closed[row.window, default: 0] += 1
    if closed[row.window] != 1 { fault("\(row.window) is closed twice", moment) }
    guard let window = windows[row.window] else {
      return fault("\(row.window) is closed and never began", moment)
    }
    if moment < vendor.end(window) + .seconds(298) { fault("\(row.window) closes early", moment) }
  }

  /// Every name but the last is of a window that began and has been closed, and none is left out.
  private mutating func checkNames() {
    let expected = (1...max(1, names.count)).map { $0 < 10 ? "W0-0\($0)" : "W0-\($0)" }
    if names != expected { faults.append("names: \(names)") }
    for name in names.dropLast() where closed[name] != 1 || windows[name] == nil {
      faults.append("\(name) is not closed, or never began")
    }
    if names.count < 4 { faults.append("hardly anything happened: \(names)") }
    let order = names.compactMap { windows[$0] }
    if order != order.sorted() { faults.append("windows out of order: \(order)") }
  }

  private mutating func fault(_ text: String, _ moment: Timestamp) {
    faults.append("\(moment.text): \(text)")
  }

  private mutating func prune() { bench.prune() }
}

/// Four days of runs at a limit that counts by the local date.
struct DailyRun {
  private let zone: LocalTime
  private let start: Timestamp
  private let end: Timestamp
  private let vendor: DailyVendor
  private let triggers: [Timestamp]
  private let isSteady: Bool
  private var bench: ResetBench
  private var days: [String: LocalDay] = [:]
  private var current: LocalDay?
  /// How often each date was closed.
  private(set) var closed: [LocalDay: Int] = [:]
  /// What was wrong, in words.
  private(set) var faults: [String] = []

  init(_ zone: ScheduleZone, around moment: Timestamp, isSteady: Bool) {
    var numbers = SeededNumbers(seed: seed(zone.name, moment))
    self.zone = zone.time
    self.isSteady = isSteady
    start = moment - .seconds(2 * 86_400)
    end = moment + .seconds(2 * 86_400)
    vendor = DailyVendor(
      zone: zone.time, least: isSteady ? 1 : 0, from: start, to: end, &numbers)
    triggers = CronTriggers(zone: zone.time, isSteady: isSteady)
      .moments(from: start, to: end, &numbers)
    bench = ResetBench(days: zone.time)
    bench.provider = .claude
  }

  mutating func go() {
    for moment in triggers where bench.due(moment) == .look {
      let before = bench.position
      bench.look(vendor.reading(at: moment))
      note(bench.last?.rows ?? [], before, moment)
      bench.prune()
    }
    isSteady ? checkEveryDay() : ()
  }

  private mutating func note(
    _ rows: [Snapshot], _ before: WindowPosition, _ moment: Timestamp
  ) {
    for row in rows where row.phase == .after {
      guard case .day(let day) = before.identity?.end, before.window == row.window else {
        faults.append("\(moment.text): \(row.window) is closed and never began")
        continue
      }
      if row.corrects == nil { closed[day, default: 0] += 1 }
      if closed[day] != 1 { faults.append("\(moment.text): \(day.text) is closed twice") }
      if zone.day(at: moment - .seconds(300)) <= day {
        faults.append("\(moment.text): \(day.text) is closed early")
      }
    }
    let position = bench.position
    guard let window = position.window, case .day(let day) = position.identity?.end else { return }
    if let known = days[window], known != day {
      faults.append("\(moment.text): \(window) is \(known.text) and \(day.text)")
    }
    days[window] = day
  }

  /// Where runs come every hour and each date is used, each that exists is closed once.
  private mutating func checkEveryDay() {
    var dates: Set<LocalDay> = []
    var moment = triggers.first ?? start
    // A date that was short of its first minutes is closed by the last run but one at the latest.
    while moment < end - .seconds(3 * 3_600) {
      dates.insert(zone.day(at: moment))
      moment = moment + .minutes(10)
    }
    let last = zone.day(at: end - .seconds(3 * 3_600))
    for day in dates where day < last && closed[day] != 1 {
      faults.append("\(day.text) exists and is closed \(closed[day] ?? 0) times")
    }
    for day in closed.keys where !dates.contains(day) {
      faults.append("\(day.text) does not exist")
    }
  }
}

/// The same for the same zone and moment in every run.
private func seed(_ name: String, _ moment: Timestamp) -> UInt64 {
  name.utf8.reduce(UInt64(bitPattern: moment.milliseconds)) { $0 &* 31 &+ UInt64($1) }
}

extension ResetBench {
  /// Forgets all but the last windows.
  fileprivate mutating func prune() {
    if written.count > 12 { written.removeFirst(written.count - 8) }
  }
}

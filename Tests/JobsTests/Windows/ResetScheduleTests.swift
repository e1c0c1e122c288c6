import Jobs
import Shared
import TestSupport
import Testing

/// A scheduler, a vendor and `window-reset` between them, in every zone.
///
/// By default each zone is looked at around two of its transitions, the same in every run, and those
/// that have been trouble elsewhere around all of theirs; at large scale all around all.
struct ResetScheduleTests {
  /// Midnights that do not exist or come twice, half hours, days left out.
  private static let special: Set<String> = [
    "America/Havana", "Africa/Cairo", "America/Santiago", "Atlantic/Azores",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "America/St_Johns",
    "Antarctica/Casey",
  ]

  private static let slices = 8

  private func stretches(_ slice: Int, each: Int) -> [(zone: ScheduleZone, moment: Timestamp)] {
    var result: [(ScheduleZone, Timestamp)] = []
    for (index, zone) in ScheduleZone.all.enumerated() where index % Self.slices == slice {
      // One without transitions has ordinary days.
      let moments = zone.transitions.isEmpty ? [at("00:00")] : zone.transitions
      if Scale.large {
        result += moments.map { (zone, $0) }
      } else {
        let count = Self.special.contains(zone.name) ? each * 4 : each
        let step = max(1, moments.count / count)
        let first = index % step
        result += stride(from: first, to: moments.count, by: step).map { (zone, moments[$0]) }
      }
    }
    return result
  }

  @Test("Every zone of the machine is known, with the changes of its clock")
  func zones() {
    #expect(ScheduleZone.all.count > 250)
    #expect(ScheduleZone.all.reduce(0) { $0 + $1.transitions.count } > 10_000)
  }

  @Test(
    "Each window that a run saw is closed once, however often, late or at once runs come",
    arguments: 0..<slices)
  func fiveHours(_ slice: Int) {
    for (zone, moment) in stretches(slice, each: 1) {
      var run = FiveHourRun(zone, around: moment)
      run.go()
      #expect(run.faults.isEmpty, "\(zone.name) around \(moment.text)")
    }
    note(slice)
  }

  /// How many stretches of a clock were gone through without a fault.
  private func note(_ slice: Int) {
    let count = stretches(slice, each: 1).count
    Results.note(
      #"{"kind":"stretches","zones":\#(ScheduleZone.all.count),"stretches":\#(count)}"#)
  }

  @Test("Each local date that exists closes once, and no other", arguments: 0..<slices)
  func days(_ slice: Int) {
    for (zone, moment) in stretches(slice, each: 1) {
      for isSteady in [true, false] {
        var run = DailyRun(zone, around: moment, isSteady: isSteady)
        run.go()
        #expect(run.faults.isEmpty, "\(zone.name) around \(moment.text), steady: \(isSteady)")
      }
    }
    note(slice)
  }

  @Test(
    "A date that a zone left out is never a window",
    arguments: [
      ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30"),
      ("Pacific/Kwajalein", "1993-08-21T12:00:00Z", "1993-08-21"),
      ("Pacific/Kiritimati", "1994-12-31T10:00:00Z", "1994-12-31"),
    ])
  func leftOut(_ name: String, _ moment: String, _ day: String) throws {
    let zone = try #require(ScheduleZone(name))
    var run = DailyRun(zone, around: try #require(Timestamp(moment)), isSteady: true)
    run.go()
    let left = try #require(LocalDay(day))
    #expect(run.faults.isEmpty)
    #expect(run.closed[left] == nil)
    #expect(run.closed[left.previous] == 1)
    #expect(run.closed[left.next] == 1)
  }
}

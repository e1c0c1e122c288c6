package import Shared

extension Cadence {
  /// The next moment at which it is due.
  ///
  /// A time of day that a zone's clock leaves out is due the next day; one that comes twice, twice.
  /// Nobody depends on that: what a run does is told by the ledgers.
  package func next(after moment: Timestamp, days: LocalTime) -> Timestamp? {
    let minute: Int64 = 60_000
    let (index, _) = moment.milliseconds.quotientAndRemainder(dividingBy: minute)
    // Two days and an hour: a daily time that one day does not have is there the next.
    return (1...Int64(49 * 60)).lazy
      .map { Timestamp(milliseconds: (index + $0) * minute) }
      .first { isDue(days.civil(at: $0)) }
  }

  private func isDue(_ time: CivilTime) -> Bool {
    switch self {
    case .everyMinute: true
    case .everyMinutes(let count): time.minute % count == 0
    case .hourly(let minute): time.minute == minute
    case .daily(let hour, let minute): time.hour == hour && time.minute == minute
    }
  }
}

import Jobs
import Shared
import Testing

/// A moment in the night from 9 to 10 March 2027, by its time of day in UTC: what is later than
/// 18:00 is of the evening before.
func at(_ time: String) -> Timestamp {
  let parts = time.split(separator: ":").compactMap { Int($0) }
  var seconds = 0
  for (part, unit) in zip(parts, [3_600, 60, 1]) { seconds += part * unit }
  let midnight = 1_804_636_800
  return Timestamp(
    milliseconds: Int64((midnight + seconds - (seconds > 18 * 3_600 ? 86_400 : 0)) * 1_000))
}

/// A reading of the five-hour limit and, beside it, of the week.
func reading(
  _ time: String, _ percent: Double, end: String?, method: Reading.Method = .appServer,
  provider: Provider = .codex, account: String? = nil
) -> Reading {
  reading(
    at(time), percent, end: end.map(at), method: method, provider: provider, account: account)
}

func reading(
  _ moment: Timestamp, _ percent: Double, end: Timestamp?, method: Reading.Method = .appServer,
  provider: Provider = .codex, account: String? = nil
) -> Reading {
  Reading(
    provider: provider, account: account,
    limits: [
      LimitReading(limitID: "codex", minutes: 300, usedPercent: percent, resetsAt: end),
      LimitReading(
        limitID: "codex", minutes: 10_080, usedPercent: 31,
        resetsAt: at("12:00") + .seconds(345_600)),
    ],
    capturedAt: moment, method: method)
}

/// Five hours after a moment, where a window that has not begun is said to end.
func sliding(_ time: String) -> Timestamp { at(time) + .minutes(300) }

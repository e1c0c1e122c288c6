internal import ArgumentParser
internal import Shared

/// A duration on the command line: `15`, `1.5s`, `2m`; a bare number is seconds.
struct DurationArgument: ExpressibleByArgument, Sendable {
  let duration: Duration

  init(_ duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    guard let duration = DurationText.parse(argument) else { return nil }
    self.duration = duration
  }
}

/// The lengths that windows have, in minutes, and what is one window.
package enum WindowLength {
  /// How far apart two ends of one window may be told: they jitter by seconds.
  package static let jitter = Duration.seconds(120)

  /// What vendors mean: 299 was once said for five hours, and a month has 28 to 31 days.
  private static let meant: [(said: ClosedRange<Int>, minutes: Int)] = [
    (295...305, 300),
    (10_070...10_090, 10_080),
    (40_320...44_640, 43_200),
  ]

  /// The length that is meant by one that was said; another one is taken as it is.
  package static func minutes(said: Int) -> Int? {
    guard said > 0 else { return nil }
    return meant.first { $0.said.contains(said) }?.minutes ?? said
  }
}

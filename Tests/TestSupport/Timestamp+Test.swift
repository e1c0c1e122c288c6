package import Shared

extension Timestamp {
  /// Reads a stamp that may not be there.
  package init?(_ text: String?) {
    guard let text else { return nil }
    self.init(text)
  }

  /// The wall clock, moved by `seconds`.
  package static func now(_ seconds: Double = 0) -> Timestamp {
    Clock.system.now() + .milliseconds(Int64(seconds * 1_000))
  }

  /// Seconds from `earlier` to this.
  package func seconds(since earlier: Timestamp) -> Double { (self - earlier).inSeconds }
}

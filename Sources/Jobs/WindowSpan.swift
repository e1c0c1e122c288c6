package import Shared

/// When a window was open, in plain values that every part of the house may know.
package struct WindowSpan: Sendable, Equatable {
  package let window: String
  package let from: Timestamp
  /// The first moment after it; nil while it is open.
  package let to: Timestamp?

  package init(window: String, from: Timestamp, to: Timestamp?) {
    self.window = window
    self.from = from
    self.to = to
  }
}

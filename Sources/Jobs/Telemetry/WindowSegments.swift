internal import Shared

/// Which window was open when: of windows that overlap, the one that was opened last.
struct WindowSegments: Sendable {
  /// Where another answer begins, in order, and the answer from there on.
  private var starts: [Int64] = []
  private var windows: [String?] = []

  init(_ spans: [WindowSpan]) {
    let edges = Set(
      spans.flatMap { [$0.from.milliseconds] + ($0.to.map { [$0.milliseconds] } ?? []) }
    ).sorted()
    // Of those opened at one moment, the last in the list.
    let ordered = spans.sorted { $0.from < $1.from }
    for edge in edges {
      let window = ordered.last { $0.covers(edge) }?.window
      guard window != windows.last ?? nil || starts.isEmpty else { continue }
      starts.append(edge)
      windows.append(window)
    }
  }

  var isEmpty: Bool { starts.isEmpty }

  /// The window that was open at a moment; nil when none was.
  func window(at milliseconds: Int64) -> String? {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= milliseconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : windows[low - 1]
  }
}

extension WindowSpan {
  fileprivate func covers(_ milliseconds: Int64) -> Bool {
    from.milliseconds <= milliseconds && to.map { milliseconds < $0.milliseconds } ?? true
  }
}

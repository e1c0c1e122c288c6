import Shared
import TestSupport
import Testing

@testable import Jobs

struct WindowSegmentsTests {
  private func span(_ window: String, _ from: Int64, _ to: Int64?) -> WindowSpan {
    WindowSpan(
      window: window, from: Timestamp(milliseconds: from),
      to: to.map(Timestamp.init(milliseconds:)))
  }

  @Test func `an event belongs to the window that was opened last`() {
    let segments = WindowSegments([
      span("A", 100, 200), span("B", 150, 180), span("C", 300, nil), span("D", 200, 250),
    ])
    let found = [99, 100, 149, 150, 179, 180, 199, 200, 249, 250, 299, 300, 9_999].map {
      segments.window(at: $0)
    }
    #expect(
      found == [nil, "A", "A", "B", "B", "A", "A", "D", "D", nil, nil, "C", "C"])
    #expect(WindowSegments([]).window(at: 1) == nil)
  }
}

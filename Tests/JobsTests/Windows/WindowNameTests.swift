import Jobs
import Testing

struct WindowNameTests {
  @Test(
    "The next name counts its last digits up and keeps their width",
    arguments: [
      ("W0-09", "W0-10"), ("W0-01", "W0-02"), ("W0-99", "W0-100"), ("W0-CHN", "W0-CHN-1"),
      ("W0-CHN-1", "W0-CHN-2"), ("W0-21C", "W0-21C-1"), ("7", "8"), ("W", "W-1"),
      ("W0-0009", "W0-0010"), ("Ü9", "Ü10"),
      ("W-99999999999999999999999", "W-100000000000000000000000"),
    ])
  func incremented(_ name: String, _ next: String) {
    #expect(WindowName.incremented(name) == next)
  }

  @Test(
    "A name comes from the plan, then from counting, and never twice",
    arguments: [
      Case(after: nil, plan: [], taken: [], is: "W0-01"),
      Case(after: nil, plan: ["W0-CHN", "W0-CHP"], taken: [], is: "W0-CHN"),
      Case(after: nil, plan: ["W0-CHN", "W0-CHP"], taken: ["W0-CHN"], is: "W0-CHP"),
      Case(after: "W0-CHN", plan: ["W0-CHN", "W0-CHP", "W0-CHQ"], taken: ["W0-CHN"], is: "W0-CHP"),
      Case(after: "W0-CHN", plan: ["W0-CHN", "W0-CHP", "W0-CHQ"], taken: ["W0-CHP"], is: "W0-CHQ"),
      Case(after: "W0-CHP", plan: ["W0-CHN", "W0-CHP"], taken: [], is: "W0-CHP-1"),
      Case(after: "W1-07", plan: ["W0-CHN", "W0-CHP"], taken: [], is: "W1-08"),
      Case(after: "W1-07", plan: [], taken: ["W1-08", "W1-09"], is: "W1-10"),
      // Counting that meets the plan goes on in it.
      Case(after: "W1-07", plan: ["W1-08", "W2-01"], taken: ["W1-08"], is: "W2-01"),
    ])
  func next(_ names: Case) {
    #expect(names.next == names.expected)
  }

  @Test(
    "A plan that names a window twice ends all the same",
    arguments: [
      Case(after: "A", plan: ["A", "B", "A"], taken: ["A", "B"], is: "B-1"),
      Case(after: "W2", plan: ["W2", "W1"], taken: ["W1", "W2"], is: "W3"),
      Case(after: "A", plan: ["A", "A", "B"], taken: ["A"], is: "B"),
      Case(after: nil, plan: ["A", "A"], taken: ["A"], is: "A-1"),
    ])
  func planWithLoops(_ names: Case) {
    #expect(names.next == names.expected)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let after: String?
    let plan: [String]
    let taken: Set<String>
    let expected: String

    init(after: String?, plan: [String], taken: Set<String>, is expected: String) {
      self.after = after
      self.plan = plan
      self.taken = taken
      self.expected = expected
    }

    var next: String { WindowName.next(after: after, sequence: plan, taken: taken) }

    var testDescription: String { "\(after ?? "nothing") of \(plan), taken \(taken.sorted())" }
  }

  @Test(
    "A name that would break a line, a cell or a path is refused",
    arguments: [
      ("W0-CHN", true), ("W0.1_b", true), ("Größe-1", true), ("", false), ("a b", false),
      ("a,b", false), ("a/b", false), ("a\tb", false), ("a\nb", false), ("a\u{7F}", false),
    ])
  func faults(_ name: String, _ isName: Bool) {
    #expect((WindowName.fault(in: name) == nil) == isName)
  }

  @Test("A name has at most 100 bytes")
  func longNames() {
    #expect(WindowName.fault(in: String(repeating: "x", count: 100)) == nil)
    #expect(WindowName.fault(in: String(repeating: "x", count: 101)) != nil)
  }
}

import Shared
import TestSupport
import Testing

@testable import Jobs

struct SnapshotHistoryTests {
  private let first = row(.before, at: 0, [fiveHours(1, end: 300), week(10, end: 9_000)])
  private let second = row(.before, at: 5, [fiveHours(2, end: 300)])
  private let third = row(.before, at: 9, [fiveHours(3, end: 300)])

  private func rows(_ written: Snapshot...) -> [Snapshot] { SnapshotHistory(written).rows }

  @Test func `the same fact written twice is one row`() {
    #expect(rows(first, second, first) == [first, second])
    let fix = override(.after, at: 20, [fiveHours(7)])
    #expect(rows(fix, fix) == [fix])
  }

  @Test func `a deleted row does not count until it is written again`() {
    let deletion = tombstone(of: first, at: 10)
    #expect(rows(first, second, deletion) == [second])
    #expect(rows(first, second, deletion, first) == [second, first])
    #expect(rows(first, deletion, first, tombstone(of: first, at: 11)).isEmpty)
  }

  @Test func `a deletion of nothing deletes nothing, not even what comes later`() {
    #expect(rows(tombstone(of: first, at: 0), first) == [first])
    #expect(rows(second, tombstone(of: first, at: 10)) == [second])
  }

  @Test func `a correction replaces a row, and its deletion brings that row back`() {
    let correction = second.correcting(first)
    #expect(rows(first, correction) == [correction])
    #expect(rows(first, correction, tombstone(of: correction, at: 10)) == [first])
  }

  @Test func `of a chain of corrections the last counts, even when its middle is deleted`() {
    let middle = second.correcting(first)
    let last = third.correcting(middle)
    #expect(rows(first, middle, last) == [last])
    #expect(rows(first, middle, last, tombstone(of: middle, at: 10)) == [last])
    #expect(rows(first, middle, last, tombstone(of: last, at: 10)) == [middle])
    #expect(
      rows(first, middle, last, tombstone(of: last, at: 10), tombstone(of: middle, at: 11))
        == [first])
  }

  @Test func `a reading replaces the news that there was none`() {
    let news = missing(.before, at: 0)
    let found = first.correcting(news)
    #expect(rows(news, found) == [found])
    #expect(rows(news, found, tombstone(of: found, at: 10)) == [news])
  }

  @Test func `rows that name themselves or each other are not lost`() {
    let own = first.correcting(first)
    #expect(rows(own) == [own])
    #expect(!rows(second.correcting(third), third.correcting(second), first).isEmpty)
  }

  @Test func `what an override leaves open is taken from the reading it puts right`() throws {
    let base = row(
      .after, at: 30, [fiveHours(4, end: 300), week(12, end: 9_000, label: "06:00 on 9 Nov")],
      account: "EXAMPLE-account")
    let fix = override(.after, at: 2_000, [fiveHours(7), week(14, label: "07:00 on 9 Nov")])
    let counting = rows(first, base, fix)
    #expect(counting.count == 2)
    let result = try #require(counting.last?.reading)
    #expect(result.limits == [fiveHours(7, end: 300), week(14, label: "07:00 on 9 Nov")])
    #expect(result.account == "EXAMPLE-account")
    #expect(result.method == .override)
    #expect(counting.last?.capturedAt == base.capturedAt)
    #expect(counting.last?.id == fix.id)
    let half = rows(base, override(.after, at: 40, [week(13)]))
    #expect(
      half.first?.reading?.limits
        == [week(13, end: 9_000, label: "06:00 on 9 Nov"), fiveHours(4, end: 300)])
  }

  @Test func `an override leaves other ends, windows and agents alone`() {
    let others = [
      row(.before, at: 30, [fiveHours(4)]), row(.after, "W0-B", at: 31, [fiveHours(4)]),
      row(.after, at: 32, [fiveHours(4)], agent: "sub1"),
    ]
    let fix = override(.after, at: 40, [fiveHours(7)])
    #expect(SnapshotHistory(others + [fix]).rows == others + [fix])
  }

  @Test func `when an override is deleted the one on top of it puts right what is beneath`() {
    let lower = override(.before, at: 40, [fiveHours(7)])
    let upper = override(.before, at: 50, [week(20)])
    #expect(
      rows(first, lower, upper).map(\.reading?.limits)
        == [[week(20, end: 9_000), fiveHours(7, end: 300)]])
    #expect(
      rows(first, lower, upper, tombstone(of: lower, at: 60)).map(\.reading?.limits)
        == [[week(20, end: 9_000), fiveHours(1, end: 300)]])
    #expect(rows(first, lower, upper, tombstone(of: upper, at: 60)).map(\.id) == [lower.id])
  }
}

/// Random ledgers against a plain reading of the rules.
struct SnapshotHistoryModelTests {
  @Test(arguments: 0..<200)
  func `any sequence comes out as the rules say`(seed: Int) {
    var numbers = SeededNumbers(seed: UInt64(seed))
    var written: [Snapshot] = []
    for step in 0..<40 {
      let phase: Phase = Bool.random(using: &numbers) ? .before : .after
      let window = "W0-\(Int.random(in: 1...2, using: &numbers))"
      let limits = [fiveHours(Double(Int.random(in: 0...3, using: &numbers)))]
      let plain = row(phase, window, at: Double(Int.random(in: 0...3, using: &numbers)), limits)
      switch Int.random(in: 0...9, using: &numbers) {
      case 0...3: written.append(plain)
      case 4: written.append(missing(phase, window, at: step))
      case 5: written.append(override(phase, window, at: step, [week(Double(step))]))
      case 6, 7:
        written.append(
          written.randomElement(using: &numbers).map { tombstone(of: $0, at: step) } ?? plain)
      default:
        written.append(
          written.randomElement(using: &numbers).map { plain.correcting($0) } ?? plain)
      }
    }
    let rows = SnapshotHistory(written).rows
    let expected = Self.model(written)
    #expect(rows.map(\.id) == expected.map(\.id))
    #expect((rows == expected) as Bool)
  }

  private static func model(_ written: [Snapshot]) -> [Snapshot] {
    var alive: [Snapshot] = []
    for row in written {
      if case .tombstone(let deleted) = row.content {
        alive.removeAll { $0.id == deleted }
      } else if !alive.contains(where: { $0.id == row.id }) {
        alive.append(row)
      }
    }
    var merged: [Snapshot] = []
    var hidden: Set<String> = []
    for var row in alive {
      hidden.formUnion(replaced(by: row, written))
      let base = merged.last { $0.end == row.end && $0.reading != nil }
      if row.source == "override", let base, var reading = row.reading, let lower = base.reading {
        for limit in lower.limits where !reading.limits.contains(where: limit.isSameLimit) {
          reading.limits.append(limit)
        }
        reading.capturedAt = base.capturedAt
        row.content = .reading(reading)
        row.capturedAt = base.capturedAt
        row.corrects = base.id
        hidden.insert(base.id)
      }
      merged.append(row)
    }
    return merged.filter { !hidden.contains($0.id) }
  }

  private static func replaced(by row: Snapshot, _ written: [Snapshot]) -> [String] {
    var found: [String] = []
    var next = row.corrects
    for _ in written {
      guard let id = next, id != row.id else { break }
      found.append(id)
      next = written.first { $0.id == id && $0.corrects != nil }?.corrects
    }
    return found
  }
}

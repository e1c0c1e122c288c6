import Shared
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Late lines, from a writer that is seen at chosen moments.
struct RotationDrainTests {
  private let folder: TemporaryFolder
  private let path: FilePath
  private let clock = FakeTime()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.at("log")
    let lines = (0..<50).map { "\($0):" + String(repeating: "x", count: 90) + "\n" }
    try Fixture.write(lines.joined(), to: path)
  }

  /// The first look is the decision; from the second one on the new file has the name.
  private func rotation(
    drain: Duration, onLook: @escaping @Sendable (_ look: Int) -> Set<Int32>
  ) -> LineRotation {
    let looks = Counter()
    var context = LockContext.live(run: "test")
    context.waiting = clock.waiting
    context.processes.openers = { _ in
      FileOpeners(writers: onLook(looks.next()), reach: .everyProcess)
    }
    let timing = LineRotation.Timing(
      lockWait: .zero, settle: .zero, drain: drain, poll: .milliseconds(20))
    return LineRotation(
      limits: LineRotation.Limits(maxBytes: 2_000, keepLines: 2), archive: nil,
      allowLossy: false, locks: folder.at("locks"), durability: .off, timing: timing,
      context: context)
  }

  /// Writes to the old file under the name that keeps it reachable.
  @Sendable private func writeLate(_ text: String) {
    let old = Fixture.names(in: folder.path).first { $0.contains(".rot.") }
    if let old { try? Fixture.append(text, to: folder.at(old)) }
  }

  @Test func `a writer that closes late is waited for`() throws {
    let rotation = rotation(drain: .seconds(2)) { look in
      if look == 7 { writeLate("late\n") }
      return (2...7).contains(look) ? [7] : []
    }
    guard case .rotated(let report) = try rotation.rotate(path) else {
      Issue.record("not rotated")
      return
    }
    #expect(report.lateBytes == 5)
    #expect(report.unfinished == nil)
    #expect(try Fixture.lines(path).last == "late")
    #expect(Fixture.names(in: folder.path) == ["locks", "log"])
  }

  @Test func `a late line without an end is carried over as it is`() throws {
    let rotation = rotation(drain: .seconds(2)) { look in
      if look == 2 { writeLate("late\nunfinished") }
      return []
    }
    _ = try rotation.rotate(path)
    #expect(try Fixture.text(path)?.hasSuffix("\nlate\nunfinished") == true)
  }

  @Test func `a writer that never closes does not hold us up, and the next run goes on`() throws {
    let isGone = Flag()
    let rotation = rotation(drain: .seconds(2)) { look in
      if look == 3 { writeLate("first\n") }
      return look == 1 || isGone.isSet ? [] : [7]
    }
    guard case .rotated(let report) = try rotation.rotate(path), let old = report.unfinished else {
      Issue.record("not left for the next run")
      return
    }
    #expect(clock.now >= .seconds(2))
    #expect(clock.now <= .seconds(3))
    #expect(try Fixture.lines(path).last == "first")
    try Fixture.append("second\n", to: old)
    #expect(try rotation.rotate(path) == .skipped(.unfinished(old)))
    isGone.set()
    try Fixture.append("third\n", to: old)
    guard case .rotated(let end) = try rotation.rotate(path) else {
      Issue.record("not finished")
      return
    }
    #expect(end.unfinished == nil)
    #expect(try Fixture.lines(path).suffix(3) == ["first", "second", "third"])
    #expect(Fixture.names(in: folder.path) == ["locks", "log"])
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)

  func next() -> Int {
    value.withLock { value in
      value += 1
      return value
    }
  }
}

private final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}

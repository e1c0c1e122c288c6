internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What must hold of a command, whatever happened to a run of it.
struct TortureCheck: Sendable {
  let scenario: TortureScenario
  /// What a run without a fault leaves.
  private let right: TortureState

  /// Runs the command without a fault, twice: that is what is right.
  ///
  /// - Throws: 70 where even that does not end well.
  init(_ scenario: TortureScenario, in place: TorturePlace) async throws(JobError) {
    self.scenario = scenario
    let first = try await place.run(scenario)
    right = try Self.state(of: scenario, in: place)
    let second = try await place.run(scenario)
    let after = try Self.state(of: scenario, in: place)
    let difference = after.difference(from: right) ?? right.litter.first
    guard first.ending == .exited(0), isDone(second), difference == nil else {
      throw JobError(
        .software,
        "\(scenario.name) is not well without a fault: \(first.ending) \(second.ending) "
          + "\(difference ?? "") \(first.said)")
    }
  }

  private static func state(
    of scenario: TortureScenario, in place: TorturePlace
  ) throws(JobError) -> TortureState {
    TortureState(try place.snapshot(), root: place.root.string, ignoring: scenario.mayBring)
  }

  private func difference(in place: TorturePlace) throws(JobError) -> String? {
    try Self.state(of: scenario, in: place).difference(from: right)
  }

  /// What is wrong behind a run that was disturbed, and behind the two that come after it; nil
  /// where nothing is.
  ///
  /// - Parameter mayDie: Whether the run was to be killed.
  func violation(
    in place: TorturePlace, after end: TorturePlace.End, mayDie: Bool
  ) async throws(JobError) -> String? {
    guard isDocumented(end.ending, mayDie) else { return "ended with \(end.ending): \(end.said)" }
    if end.ending == .exited(0), scenario.acknowledges,
      let difference = try Self.state(of: scenario, in: place).lack(beside: right)
    {
      return "said that it was done, but \(difference)"
    }
    return try await violationLater(in: place)
  }

  /// What is wrong behind one more run that is left alone, and behind a last one that must find
  /// nothing to do.
  func violationLater(in place: TorturePlace) async throws(JobError) -> String? {
    var wrong: String?
    for attempt in 0..<scenario.patience {
      if attempt > 0 { try? await Task.sleep(for: .milliseconds(2_100)) }
      let next = try await place.run(scenario)
      guard isDone(next) else { return "the next run: \(next.ending) \(next.said)" }
      wrong = try difference(in: place)
      if wrong == nil { break }
    }
    if let wrong { return "after the next run \(wrong)" }
    let third = try await place.run(scenario)
    guard isDone(third) else { return "the third run: \(third.ending) \(third.said)" }
    return try difference(in: place).map { "the third run: \($0)" }
  }

  private func isDone(_ end: TorturePlace.End) -> Bool {
    guard case .exited(let status) = end.ending else { return false }
    return scenario.statusesWhenDone.contains(status)
  }

  /// A status of the table that is no defect of ours, or the kill that was asked for.
  private func isDocumented(_ ending: CommandEnding, _ mayDie: Bool) -> Bool {
    switch ending {
    case .exited(let status): ExitStatus(rawValue: status).map { $0 != .software } ?? false
    case .signalled(let number): number == SIGKILL && mayDie
    default: false
    }
  }
}

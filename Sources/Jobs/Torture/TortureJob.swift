internal import Shared
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// `torture`: every command that writes, hit by every fault at every system call, on a disk of the
/// user's choice.
///
/// A run is hit once; the next one is left alone and must end where a run without a fault ends; the
/// third must find nothing to do.
package struct TortureJob: Sendable {
  package static let name = "torture"

  package struct Options: Sendable {
    package var scenarios: [TortureScenario] = TortureScenario.all
    package var folder: FilePath
    /// How many points of each command are hit; nil for all.
    package var points: Int?
    package var seed: UInt64 = 0
    package var faults: [TortureFault] = TortureFault.allCases
    /// The one point to hit, as `rename#3`.
    package var only: String?

    package init(folder: FilePath) {
      self.folder = folder
    }
  }

  private let options: Options
  private let program: FilePath
  private let strace: FilePath
  private let world: World

  /// - Throws: 69 where strace is not there.
  package init(options: Options, program: FilePath, world: World) throws(JobError) {
    guard
      let strace = ExecutableSearch.find(
        "strace", searchPath: world.environment["PATH"] ?? "", from: "/")
    else {
      throw JobError(
        .unavailable, "strace is not on PATH; install it ('apt-get install strace')")
    }
    self.strace = strace
    self.options = options
    self.program = program
    self.world = world
  }

  package func run() async throws(JobError) -> TortureReport {
    let folder: NeutralFolder
    do throws(FileError) {
      try makeFolders(options.folder)
      folder = try NeutralFolder(environment: ["TMPDIR": options.folder.string])
    } catch {
      throw JobError(error)
    }
    let base = folder.path
    var report = TortureReport(
      seed: options.seed, faults: options.faults,
      fileSystem: Self.name(of: FileSystemLook.reach(of: options.folder)))
    do throws(JobError) {
      for scenario in options.scenarios {
        report.rows.append(try await torture(scenario, in: base))
      }
    } catch {
      await removeAll(base)
      throw error
    }
    await removeAll(base)
    return report
  }

  private static func name(of reach: FileSystemLook.Reach) -> String {
    switch reach {
    case .local: "a local file system"
    case .network(let name): "a file system that others use too: \(name)"
    case .unknown: "a file system of unknown kind"
    }
  }

  private func place(_ base: FilePath, _ name: String) -> TorturePlace {
    TorturePlace(root: base.appending(name), program: program, world: world)
  }

  private func removeAll(_ base: FilePath) async {
    // What strace told lies beside a place, and outputs without a name beside the base.
    _ = try? await place(base, "all").run("/bin/rm", ["-rf", base.string], in: "/")
  }

  // MARK: One command

  /// What each run is compared with, and where copies come from.
  private struct Bench: Sendable {
    let check: TortureCheck
    let base: FilePath
    let template: TorturePlace

    var scenario: TortureScenario { check.scenario }
  }

  private func torture(
    _ scenario: TortureScenario, in base: FilePath
  ) async throws(JobError) -> TortureReport.Row {
    var row = TortureReport.Row(scenario)
    let missing = scenario.needs.first {
      ExecutableSearch.find($0, searchPath: "/usr/local/bin:/usr/bin:/bin", from: "/") == nil
    }
    if let missing {
      row.skipped = "\(missing) is missing"
      return row
    }
    let template = place(base, "\(scenario.name)-made")
    try await template.prepare(scenario)
    let bench = try await bench(scenario, base, template)
    let trace = try await trace(bench)
    let chosen = choose(trace.points)
    (row.points, row.allPoints, row.hidden) = (chosen.count, trace.points.count, trace.hidden)
    let work = chosen.flatMap { point in
      options.faults.filter {
        scenario.takes($0, at: point) && ($0 == .kill || !trace.shared.contains(point))
      }.map { (point, $0) }
    }
    for (wasHit, violation) in try await hit(work, bench) {
      row.faults += wasHit ? 1 : 0
      if let violation { row.violations.append(violation) }
    }
    await template.remove()
    return row
  }

  /// Runs the command without a fault, twice: that is what is right.
  private func bench(
    _ scenario: TortureScenario, _ base: FilePath, _ template: TorturePlace
  ) async throws(JobError) -> Bench {
    let place = place(base, "\(scenario.name)-right")
    try await make(place, scenario, template)
    let check = try await TortureCheck(scenario, in: place)
    await place.remove()
    return Bench(check: check, base: base, template: template)
  }

  private func make(
    _ place: TorturePlace, _ scenario: TortureScenario, _ template: TorturePlace
  ) async throws(JobError) {
    if scenario.isPreparedAnew {
      try await place.prepare(scenario)
    } else {
      try await place.copy(of: template)
    }
  }

  /// The calls of a run, our own threads' but not those of programs that it starts.
  private func trace(_ bench: Bench) async throws(JobError) -> SystemCallTrace {
    let place = place(bench.base, "\(bench.scenario.name)-seen")
    try await make(place, bench.scenario, bench.template)
    let end = try await place.run(
      strace,
      [
        "-f", "-b", "execve", "-qq", "-y", "-o", place.trace.string, "-e",
        "trace=\(SystemCallTrace.traced)", program.string,
      ] + bench.scenario.arguments)
    guard end.ending == .exited(0) else {
      throw JobError(.unavailable, "strace may not trace here: \(end.ending) \(end.said)")
    }
    let text: [UInt8]
    do throws(FileError) {
      text = try readWholeFile(place.trace)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
    await place.remove()
    // A job begins with its configuration.
    return SystemCallTrace(String(decoding: text, as: UTF8.self), beginning: "/jobrunner.json5")
  }

  /// The point that was asked for, or as many as asked for, chosen by the seed alone.
  private func choose(_ points: [SystemCallPoint]) -> [SystemCallPoint] {
    if let only = options.only { return points.filter { $0.text == only } }
    guard let count = options.points, count < points.count else { return points }
    var numbers = SeededGenerator(seed: options.seed)
    return points.indices.shuffled(using: &numbers).prefix(count).sorted().map { points[$0] }
  }

  // MARK: Faults

  private typealias Hit = (wasHit: Bool, violation: TortureReport.Violation?)

  /// Hits a command once for each of these, as many at a time as there are cores.
  private func hit(
    _ work: [(SystemCallPoint, TortureFault)], _ bench: Bench
  ) async throws(JobError) -> [Hit] {
    let width = max(1, min(8, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let results = await withTaskGroup(
      of: Result<Hit, JobError>.self, returning: [Result<Hit, JobError>].self
    ) { group in
      var results: [Result<Hit, JobError>] = []
      for (index, (point, fault)) in work.enumerated() {
        if index >= width, let result = await group.next() { results.append(result) }
        group.addTask {
          do throws(JobError) {
            return .success(try await hit(point, fault, bench, index))
          } catch {
            return .failure(error)
          }
        }
      }
      for await result in group { results.append(result) }
      return results
    }
    var hits: [Hit] = []
    for result in results { hits.append(try result.get()) }
    return hits
  }

  private func hit(
    _ point: SystemCallPoint, _ fault: TortureFault, _ bench: Bench, _ index: Int
  ) async throws(JobError) -> Hit {
    let place = place(bench.base, "\(bench.scenario.name)-\(index)")
    try await make(place, bench.scenario, bench.template)
    let end = try await place.run(
      strace,
      [
        "-f", "-b", "execve", "-qq", "-y", "-o", place.trace.string, "-e",
        "trace=\(point.name)", "-e",
        "inject=\(point.name):\(fault.injection):when=\(point.number)", program.string,
      ] + bench.scenario.arguments)
    let seen = String(
      decoding: (try? readWholeFile(place.trace))?.bytes ?? [], as: UTF8.self)
    let injected = seen.split(separator: "\n").filter { $0.contains("(INJECTED)") }
    // In another order of its threads the run has met the fault where no disk has a part.
    guard injected.allSatisfy({ SystemCallPoint.isOfFile($0) }) else {
      await place.remove()
      return (false, nil)
    }
    let wasHit = end.ending == .signalled(9) || !injected.isEmpty
    let what = try await bench.check.violation(
      in: place, after: end, mayDie: fault == .kill)
    await place.remove()
    return (
      wasHit,
      what.map {
        .init(scenario: bench.scenario.name, fault: fault, point: point, what: $0)
      }
    )
  }
}

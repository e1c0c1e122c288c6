internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The faults as one argument: `kill,ENOSPC`.
private struct FaultList: ExpressibleByArgument, Sendable {
  let faults: [TortureFault]

  init?(argument: String) {
    let names = argument.split(separator: ",").map(String.init)
    let faults = names.compactMap { TortureFault(rawValue: $0) }
    guard !faults.isEmpty, faults.count == names.count else { return nil }
    self.faults = faults
  }
}

struct TortureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: TortureJob.name,
    abstract: "Hit every writing command with every fault at every system call, on your own disk.",
    discussion: """
      Each command runs in a made-up workspace below --dir: once to list its system calls, then \
      once for each call and fault. The run after it is left alone and must end where one without \
      a fault ends; a third must find nothing to do. Your own files are not touched. It takes \
      strace, and minutes; --points makes it a sample.

      The status is 1 when a promise did not hold; each such line is followed by the command that \
      shows it again.

      Examples:
        jobrunner torture --dir /mnt/disk --points 5
        jobrunner torture ledger-checkpoint --dir /mnt/disk
        jobrunner torture churn --dir /tmp --faults ENOSPC,EIO --at rename#3
      """,
    shouldDisplay: false)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: ArgumentHelp(
      "Only these (default: all): \(TortureScenario.all.map(\.name).joined(separator: ", ")).",
      valueName: "job"))
  var jobs: [String] = []

  @Option(help: ArgumentHelp("A folder on the disk to try; what is made in it is removed."))
  var dir: String

  @Option(help: ArgumentHelp("So many calls of each command, chosen by --seed.", valueName: "n"))
  var points: Int?

  @Flag(help: "Every call: the default.")
  var all = false

  @Option(help: ArgumentHelp("What the choice depends on (default: another each time)."))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Of \(TortureFault.allCases.map(\.rawValue).joined(separator: ",")).", valueName: "names"))
  private var faults: FaultList?

  @Option(help: ArgumentHelp("One call, as rename#3.", valueName: "call"))
  var at: String?

  func validate() throws {
    let names = TortureScenario.all.map(\.name)
    for job in jobs where !names.contains(job) && !commands(job) {
      throw ValidationError("'\(job)' is none of \(names.joined(separator: ", "))")
    }
    if let points, points < 1 { throw ValidationError("--points takes 1 or more") }
    if all, points != nil { throw ValidationError("choose one of --all and --points") }
  }

  private func commands(_ name: String) -> Bool {
    TortureScenario.all.contains { $0.command == name }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let folder = harness.live.currentFolder.pushing(FilePath(dir)).lexicallyNormalized()
    var options = TortureJob.Options(folder: folder)
    if !jobs.isEmpty {
      options.scenarios = TortureScenario.all.filter {
        jobs.contains($0.name) || jobs.contains($0.command)
      }
    }
    options.points = points
    options.seed = seed ?? UInt64.random(in: 0..<1_000_000)
    options.faults = faults?.faults ?? TortureFault.allCases
    options.only = at
    let chosen = options
    harness.runToEnd { () async in
      do throws(JobError) {
        let program = try harness.ownProgram()
        let report = try await TortureJob(
          options: chosen, program: program, world: harness.world
        ).run()
        let lines = report.lines(repeating: program.string, in: folder.string)
        harness.show(lines, json: report.json)
        return harness.outputStatus(report.violations.isEmpty ? .success : .negative)
      } catch {
        return harness.finish(error, job: TortureJob.name)
      }
    }
  }
}

extension JobHarness {
  /// The program that runs.
  fileprivate func ownProgram() throws(JobError) -> FilePath {
    let called = CommandLine.arguments.first ?? ""
    guard
      let program = ExecutableSearch.find(
        called, searchPath: world.environment["PATH"] ?? "", from: live.currentFolder)
    else { throw JobError(.noInput, "'\(called)' is not found") }
    return program.lexicallyNormalized()
  }
}

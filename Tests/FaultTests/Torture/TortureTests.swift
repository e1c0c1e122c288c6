import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The command `torture`, and with it a sample of what `make torture` does whole.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct TortureTests {
  private let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/"]

  private func torture(
    _ arguments: String..., path: String? = nil
  ) async throws -> Outcome {
    var environment = environment
    environment["PATH"] = path ?? environment["PATH"]
    return try await BuiltBinary.start(
      ["torture"] + arguments, environment: environment, workingDirectory: "/"
    ).wait(atMost: .seconds(900))
  }

  /// JOBRUNNER_TORTURE_SEED takes another sample.
  private var seed: String {
    getenv("JOBRUNNER_TORTURE_SEED").map { String(cString: $0) } ?? "7"
  }

  @Test("Every writing command survives faults at calls that a printed seed has chosen")
  func sample() async throws {
    let folder = try TemporaryFolder()
    let seed = seed
    print("JOBRUNNER_TORTURE_SEED=\(seed)")
    let run = try await torture(
      "--dir", folder.path.string, "--points", Scale.large ? "20" : "2", "--seed", seed, "--json")
    let report = try JSON(parsing: run.stdout)
    var faults = 0
    for command in report["commands"].array ?? [] {
      let name = command["scenario"].string ?? "?"
      if let why = command["skipped"].string { print("skipped: \(name): \(why)") }
      faults += command["faults"].integer ?? 0
      for violation in command["violations"].array ?? [] {
        Issue.record(
          """
          \(name): \(violation["fault"].string ?? "") at \(violation["at"].string ?? ""): \
          \(violation["what"].string ?? "")
          """)
      }
    }
    #expect(run.exit == 0, "\(run)")
    #expect(faults > 30)
    #expect(Fixture.names(in: folder.path) == [], "nothing of it is left on the disk")
    print("\(faults) faults")
  }

  @Test func `the choice depends on the seed alone`() async throws {
    let folder = try TemporaryFolder()
    let arguments = ["--dir", folder.path.string, "--points", "1", "--seed", "5", "--json"]
    var seen: [JSON] = []
    for _ in 0..<2 {
      let run = try await torture(
        "complete", arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
        arguments[5], arguments[6], "--faults", "kill")
      #expect(run.exit == 0, "\(run)")
      seen.append(try JSON(parsing: run.stdout)["commands"])
    }
    #expect(seen[0] == seen[1])
  }

  @Test func `without strace it says what to install`() async throws {
    let folder = try TemporaryFolder()
    let run = try await torture("--dir", folder.path.string, path: folder.path.string)
    #expect(run.exit == 69)
    #expect(run.stderr.contains("apt-get install strace"), "\(run)")
  }

  @Test func `it is not in the main help, and refuses what it does not know`() async throws {
    let help = try await BuiltBinary.start(
      ["--help"], environment: environment, workingDirectory: "/"
    ).wait()
    #expect(!help.stdout.contains("torture"))
    let folder = try TemporaryFolder()
    for arguments in [["wind"], ["churn", "--faults", "ENOENT"], ["churn", "--points", "0"]] {
      let run = try await BuiltBinary.start(
        ["torture", "--dir", folder.path.string] + arguments, environment: environment,
        workingDirectory: "/"
      ).wait()
      #expect(run.exit == 64, "\(arguments)")
    }
  }
}

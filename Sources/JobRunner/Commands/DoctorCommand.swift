internal import ArgumentParser
internal import Jobs
internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Doctor.name,
    abstract: "Look at everything a job depends on, and say what is wrong and what to do.",
    discussion: """
      One line a check: 'ok', '!' for what is worth a look, 'x' for what does not work. The status \
      is 1 when there is an 'x'. Nothing is made or changed without --fix, which removes \
      temporary files and locks of dead programs and finishes what was interrupted. opencode, \
      codex and claude are asked what the jobs ask them; that spends no quota.

      Examples:
        jobrunner doctor
        jobrunner doctor --fix
        jobrunner doctor --json | jq -r '.checks[] | select(.state != "ok") | .text'
      """)

  @OptionGroup var global: GlobalOptions

  @Flag(help: "Put right what needs no decision, and say so.")
  var fix = false

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let doctor = Doctor(
      workspace: harness.workspace, configurationPath: harness.configurationPath,
      world: harness.world, version: Version.text, builtOn: Version.builtOn,
      schedule: try? harness.schedulePlan(), uid: geteuid())
    let isFixing = fix
    harness.runToEnd { () async in
      let findings = await doctor.findings(fix: isFixing)
      harness.show(findings)
      let isHealthy = !findings.contains { $0.state == .failed }
      return harness.outputStatus(isHealthy ? .success : .negative)
    }
  }
}

extension JobHarness {
  /// Prints findings as lines, only those that are not well with `--quiet`, or as an object.
  fileprivate func show(_ findings: [Finding]) {
    guard !options.json else { return live.out.write(Finding.json(findings) + "\n") }
    for (line, finding) in zip(Finding.lines(findings), findings)
    where !options.quiet || finding.state != .ok || !finding.fixed.isEmpty {
      live.out.write(line + "\n")
    }
  }
}

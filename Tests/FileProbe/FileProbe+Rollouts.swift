import Jobs
import Shared
import SystemPackage

extension FileProbe {
  /// Reads the rollouts below a folder of Codex, and prints what they say.
  static func rollouts(home: FilePath, memory: FilePath, now: String) throws {
    let source = CodexRollouts(home: home, memory: memory)
    let findings = source.read(now: Timestamp(now) ?? Clock.system.now())
    for error in findings.errors { print("error", error) }
    print("files read", findings.filesRead)
    let reading = try findings.newest()
    print(reading.capturedAt.text, reading.clientVersion ?? "-", reading.rawText)
    print("flags", reading.errors.joined(separator: " "))
    for limit in reading.limits { print("limit", limit) }
    let evidence = findings.evidence(since: Timestamp(milliseconds: 0))
    print("windows", evidence.count)
    for window in evidence.suffix(4) {
      print(
        window.minutes, window.best.resetsAt.text, window.best.usedPercent,
        window.best.capturedAt.text,
        window.first.capturedAt.text, window.lastRowAt.text)
    }
  }
}

import Jobs
import Shared
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

struct RolloutMemoryTests {
  private let start = Timestamp("2026-10-14T09:00:00Z") ?? Timestamp(milliseconds: 0)
  private var five: Timestamp { start + .seconds(9_000) }
  private var week: Timestamp { start + .seconds(400_000) }

  private func line(_ minute: Int, _ percent: Double) -> String {
    rolloutLine(
      start + .seconds(minute * 60), five: (percent, five), week: (50, week))
  }

  private func percent(_ findings: RolloutFindings) -> Double? {
    findings.newestReading?.limits.first?.usedPercent
  }

  // MARK: What is read again

  @Test("A file that grew is read on, and only that file")
  func growth() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    try home.write([line(2, 20)], to: "b")
    #expect(home.read().filesRead == 2)
    #expect(home.read().filesRead == 0)
    try Fixture.append(line(3, 30) + "\n", to: home.path("a"))
    let findings = home.read()
    #expect(findings.filesRead == 1)
    #expect(percent(findings) == 30)
    #expect(try findings.observations == home.readAfresh().observations)
  }

  @Test("A torn last line counts once it is whole")
  func tornLine() throws {
    let home = try RolloutHome()
    let torn = line(2, 20)
    try Fixture.write(line(1, 10) + "\n" + torn.prefix(90), to: home.path("a"))
    #expect(percent(home.read()) == 10)
    try Fixture.append(String(torn.dropFirst(90)), to: home.path("a"))
    #expect(percent(home.read()) == 10)
    try Fixture.append("\n", to: home.path("a"))
    #expect(percent(home.read()) == 20)
  }

  @Test("A file moved to the archive still counts, and once")
  func archive() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    let before = home.read()
    let archive = home.home.appending("archived_sessions")
    try makeFolder(archive)
    #expect(rename(home.path("a").string, archive.appending("rollout-a.jsonl").string) == 0)
    let after = home.read()
    #expect(after.newestReading == before.newestReading)
    #expect(after.observations == before.observations)
    #expect(home.read().filesRead == 0)
  }

  @Test("What a vanished file said is forgotten")
  func vanished() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    try home.write([line(2, 20)], to: "b")
    _ = home.read()
    let known = try #require(try Fixture.text(home.memory)).utf8.count
    #expect(unlink(home.path("b").string) == 0)
    let findings = home.read()
    #expect(percent(findings) == 10)
    #expect(findings.windows.count == 2)
    #expect(try #require(try Fixture.text(home.memory)).utf8.count < known)
  }

  @Test(
    "A file that was rewritten is read from its beginning",
    arguments: ["same size", "shorter", "longer", "other file", "time set back", "in the middle"])
  func rewritten(how: String) throws {
    let home = try RolloutHome()
    let path = home.path("a")
    let around = how == "in the middle" ? [String(repeating: "x", count: 2_000)] : []
    try home.write(around + [line(1, 70), line(2, 75), line(3, 80)] + around, to: "a")
    #expect(percent(home.read()) == 80)
    let before = try #require(FileSnapshot(path))
    switch how {
    case "same size": try home.write([line(1, 10), line(2, 15), line(3, 20)], to: "a")
    case "shorter": try home.write([line(3, 20)], to: "a")
    case "longer": try home.write([line(1, 10), line(2, 15), line(3, 20), "{}"], to: "a")
    case "other file":
      try home.write([line(1, 10), line(2, 15), line(3, 20)], to: "b")
      #expect(rename(home.path("b").string, path.string) == 0)
    default:
      try home.write(around + [line(1, 10), line(2, 15), line(3, 20)] + around, to: "a")
      let modified = timespec(
        tv_sec: Int(before.modified / 1_000_000_000), tv_nsec: Int(before.modified % 1_000_000_000))
      #expect(utimensat(AT_FDCWD, path.string, [modified, modified], 0) == 0)
      #expect(FileSnapshot(path) == before)
    }
    let findings = home.read()
    #expect(percent(findings) == 20)
    #expect(findings.windows.allSatisfy { !$0.contains(" 80.0 ") })
    #expect(try findings.observations == home.readAfresh().observations)
  }

  @Test("A file read just after a change is looked at once more")
  func justChanged() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    _ = home.read(now: .now())
    #expect(home.read().filesRead == 1)
    #expect(home.read().filesRead == 0)
  }

  @Test("A file of long ago is not read")
  func longAgo() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    let findings = home.read(now: .now(36 * 86_400))
    #expect(findings.filesRead == 0 && findings.newestReading == nil)
    #expect(home.read(now: .now(34 * 86_400)).filesRead == 1)
  }

  // MARK: Odd files

  @Test(
    "An unreadable file is said, and the others are read",
    .enabled(if: BuiltBinary.canRunUnprivileged()))
  func unreadable() async throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    try home.write([line(2, 20)], to: "b")
    #expect(chmod(home.folder.path.string, 0o777) == 0)
    #expect(chmod(home.path("a").string, 0o644) == 0)
    #expect(chmod(home.path("b").string, 0) == 0)
    let probe = try BuiltBinary.startUnprivileged(
      FilePath(builtProgram("FileProbe")),
      ["rollouts", home.home.string, home.memory.string, Timestamp.now(10).text])
    let lines = await probe.wait().stdout.split(separator: "\n")
    #expect(lines.first == "error read \(home.path("b")): Permission denied")
    #expect(lines.contains("flags unreadable-rollouts"))
    #expect(lines.contains { $0.hasPrefix(line(1, 10).dropFirst(14).prefix(24)) })
  }

  @Test("Links that lead in circles, folders and pipes named like rollouts do no harm")
  func oddNames() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    let folder = home.path("a").removingLastComponent()
    #expect(symlink(home.home.string, folder.appending("circle").string) == 0)
    #expect(symlink("rollout-self.jsonl", home.path("self").string) == 0)
    #expect(symlink("nowhere", home.path("dangling").string) == 0)
    #expect(symlink("rollout-a.jsonl", home.path("twin").string) == 0)
    #expect(mkfifo(home.path("pipe").string, 0o600) == 0)
    try makeFolder(home.path("folder"))
    try Fixture.write(line(9, 90) + "\n", to: folder.appending("notes.jsonl"))
    let findings = home.read()
    #expect(findings.filesRead == 1)
    #expect(percent(findings) == 10)
    #expect(findings.errors.count == 1, "the link to itself: \(findings.errors)")
  }

  @Test("Lines without end, zeros, and bytes that are no text are passed over")
  func oddLines() throws {
    let home = try RolloutHome()
    var bytes = Array((line(1, 10) + "\n").utf8)
    bytes += [0, 0, 0xFF, 0xC3, UInt8(ascii: "\n"), UInt8(ascii: "\n")]
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: 50 << 20)
    bytes += Array((line(2, 99) + "\n").utf8)
    bytes += Array("\"rate_limits\":{\n".utf8)
    bytes += Array((line(3, 30) + "\n").utf8)
    bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
    try Fixture.write(bytes, to: home.path("a"))
    #expect(percent(home.read()) == 30)
    try Fixture.append("\n" + line(4, 40) + "\n", to: home.path("a"))
    #expect(percent(home.read()) == 40)
  }

  // MARK: The memory itself

  @Test(
    "A damaged or foreign memory is one that is lost",
    arguments: [
      "", "{", "null", "[]", "{\"version\":1}", "{\"version\":1,\"files\":[[1,2]]}",
      "{\"version\":1,\"files\":{}}", "cut", "other version", "more",
    ])
  func damagedMemory(damage: String) throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    _ = home.read()
    let text = try #require(try Fixture.text(home.memory))
    let damaged =
      switch damage {
      case "cut": String(text.dropLast(9))
      case "other version": text.replacing("\"version\":1", with: "\"version\":2")
      case "more": text + "x"
      default: damage
      }
    #expect(damaged != text)
    try Fixture.write(damaged, to: home.memory)
    let findings = home.read()
    #expect(findings.filesRead == 1)
    #expect(percent(findings) == 10)
    #expect(home.read().filesRead == 0)
    #expect(try Fixture.text(home.memory) == text)
  }

  @Test("A memory that cannot be written is said, and the answer is the same")
  func unwritableMemory() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    try Fixture.write("", to: home.folder.at("state"))
    let findings = home.read()
    #expect(findings.errors.count == 1)
    #expect(percent(findings) == 10)
  }

  @Test("An old memory is only a slower one")
  func oldMemory() throws {
    let home = try RolloutHome()
    try home.write([line(1, 10)], to: "a")
    _ = home.read()
    let old = try #require(try Fixture.text(home.memory))
    try Fixture.append(line(2, 20) + "\n" + line(3, 30) + "\n", to: home.path("a"))
    try home.write([line(4, 40)], to: "b")
    let findings = home.read()
    try Fixture.write(old, to: home.memory)
    let again = home.read()
    #expect(again.observations == findings.observations)
    #expect(again.newestReading == findings.newestReading)
  }

  @Test("The second run opens no rollout", .enabled(if: canTrace()))
  func opensNothing() throws {
    let home = try RolloutHome(fixtures: ["plain-0.155", "reset-crossing"])
    let trace = home.folder.at("trace")
    let arguments = [
      "-f", "-qq", "-o", trace.string, "-e", "trace=open,openat", builtProgram("FileProbe"),
      "rollouts", home.home.string, home.memory.string, Timestamp.now(10).text,
    ]
    func opened() throws -> Int {
      #expect(try ChildProcess.run("strace", arguments) == .exit(0))
      return try Fixture.lines(trace).count { $0.contains("rollout-") }
    }
    #expect(try opened() == 2)
    #expect(try opened() == 0)
  }

  // MARK: Any order of events

  @Test(
    "However the files grow between runs, the answer is that of one reading",
    arguments: 0..<(Scale.large ? 64 : 8))
  func anySplit(seed: UInt64) throws {
    var chance = SeededNumbers(seed: seed)
    let home = try RolloutHome()
    let names = ["a", "b", "c"]
    var rests = names.map { _ in randomRollout(&chance) }
    for name in names { try Fixture.write([], to: home.path(name)) }
    while rests.contains(where: { !$0.isEmpty }) {
      for (index, name) in names.enumerated() where Bool.random(using: &chance) {
        let count = min(rests[index].count, Int.random(in: 0...4_000, using: &chance))
        let text = String(decoding: rests[index].prefix(count), as: UTF8.self)
        try Fixture.append(text, to: home.path(name))
        rests[index].removeFirst(count)
      }
      if Int.random(in: 0..<9, using: &chance) == 0 {
        // Written anew, with as many bytes as at the last run.
        _ = home.read(now: .now())
        let path = home.path(names[Int.random(in: 0..<3, using: &chance)])
        let text = try Fixture.text(path) ?? ""
        try Fixture.write(
          text.replacing("\"used_percent\":1", with: "\"used_percent\":2"), to: path)
      }
      let found = home.read(now: .now())
      let expected = try home.readAfresh()
      #expect(found.newestReading == expected.newestReading)
      #expect(
        found.evidence(since: start) == expected.evidence(since: start), "seed \(seed)")
    }
  }

  /// Rows whose ends jitter and whose percents rise and fall, between lines of other kinds.
  private func randomRollout(_ chance: inout SeededNumbers) -> ArraySlice<UInt8> {
    var text = #"{"type":"session_meta","payload":{"cli_version":"0.163.0"}}"# + "\n"
    for minute in 0..<30 {
      let jitter = Duration.seconds(Int.random(in: -150...150, using: &chance))
      let end = five + jitter + .seconds(minute / 12 * 600)
      let row = rolloutLine(
        start + .seconds(minute * 300), five: (Double.random(in: 10...90, using: &chance), end),
        week: Bool.random(using: &chance)
          ? (Double.random(in: 10...19, using: &chance), week) : nil,
        limitID: Int.random(in: 0..<6, using: &chance) == 0 ? "other" : "codex")
      text += row + "\n"
      if Bool.random(using: &chance) {
        let count = Int.random(in: 0...900, using: &chance)
        text += "{\"payload\":\"\(String(repeating: "p", count: count))\"}\n"
      }
    }
    return Array(text.utf8)[...]
  }
}

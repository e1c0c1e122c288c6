import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// What doctor makes of what it sees, by tables.
struct DoctorLookTests {
  private static let now = Timestamp("2026-11-21T12:00:00Z") ?? Timestamp(milliseconds: 0)

  // MARK: Findings

  @Test("A finding is a line in ASCII, with what was put right and what to do")
  func lines() {
    var fixed = Finding("locks", .ok, "free")
    fixed.fixed = ["removed a", "removed b"]
    let findings = [
      Finding("disk", .failed, "3 MiB free", advice: "free some"), fixed,
      Finding("time zone", .warning, "odd\u{1B}[31m"),
    ]
    #expect(
      Finding.lines(findings) == [
        "x   disk       3 MiB free; free some",
        "ok  locks      free; fixed: removed a, removed b",
        "!   time zone  odd\\e[31m",
      ])
    #expect(
      Finding.json(findings) == #"{"ok":true,"healthy":false,"checks":["#
        + #"{"check":"disk","state":"failed","text":"3 MiB free","advice":"free some","fixed":[]},"#
        + #"{"check":"locks","state":"ok","text":"free","advice":null,"#
        + #""fixed":["removed a","removed b"]},{"check":"time zone","state":"warning","#
        + #""text":"odd\u001b[31m","advice":null,"fixed":[]}]}"#)
    #expect(Finding.json([fixed]).hasPrefix(#"{"ok":true,"healthy":true,"#))
  }

  @Test("Of several things the worst are told")
  func worst() {
    let parts: [Finding.Part] = [
      .init(.warning, "a", advice: "A"), .init(.failed, "b", advice: "B"), .init(.ok, "c"),
      .init(.failed, "d"),
    ]
    #expect(
      Finding("check", parts, otherwise: "-") == Finding("check", .failed, "b, d", advice: "B"))
    #expect(Finding("check", [], otherwise: "none") == Finding("check", .ok, "none"))
    #expect(
      Finding("check", [.init(.ok, "c", advice: "C")], otherwise: "-") == Finding("check", .ok, "c")
    )
    #expect(Finding.few(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more")
  }

  // MARK: Ledgers

  @Test(
    "A torn row is told from damaged lines and from a last line without an end",
    arguments: [
      ("", false, .whole), ("{\"a\":1}\n", false, .whole), ("{\"a\":1}\n\n  \n{}\n", false, .whole),
      ("{\"a\":1}\n{\"b\":2}", false, .whole), ("{\"a\":1}\n{\"b\":", false, .torn),
      ("{\"a\":1}\nb\n{}c\n", false, .damaged(2)), ("b\n{\"b\":", false, .torn),
      (":1}\n{}\n", true, .whole), (":1}\n{}\n{\"a", true, .torn), ("{\"a\"", true, .whole),
    ] as [(String, Bool, LedgerLook)])
  func ledger(text: String, isCut: Bool, look: LedgerLook) {
    #expect(LedgerLook(Array(text.utf8), isCut: isCut) == look)
  }

  // MARK: Locks

  private static func owner(_ pid: Int32, _ host: String = "lamp", _ boot: String = "b1")
    -> LockOwner
  {
    LockOwner(pid: pid, host: host, boot: boot, start: 0, run: "refresh-usage")
  }

  @Test("A lock of ours is told with its holder, and is suspicious after an hour")
  func ownLocks() {
    func look(_ openers: [Int32], _ holder: LockOwner?, _ seconds: Int) -> Finding.Part? {
      LockLook.own("rotate-log.lock", openers: openers, holder: holder, age: .seconds(seconds))
    }
    #expect(look([], Self.owner(7), 9) == nil)
    #expect(look([5, 7], Self.owner(7), 9)?.text == "rotate-log held by process 7 for 9s")
    #expect(look([5], Self.owner(7), 9)?.text == "rotate-log held by process 5 for 9s")
    #expect(look([5], nil, 3_600)?.state == .ok)
    #expect(look([5], nil, 3_601)?.state == .warning)
  }

  @Test(
    "The shared lock is dead only when all processes were seen and it can be nobody's",
    arguments: [
      ([7], FileOpeners.Reach.everyProcess, nil, 1, Finding.State.ok),
      ([7], .everyProcess, nil, 11, .warning),
      ([], .everyProcess, nil, 11, .failed),
      ([], .ownProcesses, nil, 11, .failed),
      ([], .partial, nil, 11, .warning),
      ([], .everyProcess, nil, 1, .warning),
      ([], .everyProcess, owner(7), 1, .failed),
      ([], .everyProcess, owner(7, "lamp", "b0"), 1, .warning),
      ([], .everyProcess, owner(7, "lamp", "b0"), 11, .failed),
      ([], .everyProcess, owner(7, "other"), 9_999, .warning),
    ] as [(Set<Int32>, FileOpeners.Reach, LockOwner?, Int, Finding.State)])
  func foreignLock(
    openers: Set<Int32>, reach: FileOpeners.Reach, holder: LockOwner?, age: Int,
    state: Finding.State
  ) {
    let part = LockLook.foreign(
      openers: FileOpeners(writers: openers, reach: reach), holder: holder, context: Self.owner(1),
      age: .seconds(age))
    #expect(part.state == state, "\(part)")
  }

  // MARK: Clock and zone

  @Test("A clock before the program, or set back since a job ended well, is told")
  func clock() throws {
    func state(_ now: String, mark: String?) throws -> Finding.State {
      ClockLook.clock(
        now: try #require(Timestamp(now)), builtOn: try #require(LocalDay("2026-11-02")),
        newestMark: try mark.map { try #require(Timestamp($0)) }
      ).state
    }
    #expect(try state("2026-11-01T23:59:59Z", mark: nil) == .failed)
    #expect(try state("2026-11-02T00:00:00Z", mark: nil) == .ok)
    #expect(try state("2026-11-02T00:00:00Z", mark: "2026-11-02T00:05:00Z") == .ok)
    #expect(try state("2026-11-02T00:00:00Z", mark: "2026-11-02T00:05:01Z") == .warning)
  }

  @Test(
    "Hours of the schedule that a zone skips or repeats within a year are named",
    arguments: [
      (
        "America/Havana", "UTC-05:00",
        [
          "00:06 does not exist on 2027-03-14 (window-reset)",
          "00:06 comes twice on 2027-11-07 (window-reset)",
        ]
      ),
      (
        "Europe/Helsinki", "UTC+02:00",
        [
          "03:17 does not exist on 2027-03-28 (rotate-log)",
          "03:17 comes twice on 2027-10-31 (rotate-log)",
          "03:27 does not exist on 2027-03-28 (cost-compare)",
          "03:27 comes twice on 2027-10-31 (cost-compare)",
        ]
      ),
      ("Africa/Cairo", "UTC+02:00", ["00:06 does not exist on 2027-04-30 (window-reset)"]),
      ("Europe/Berlin", "UTC+01:00", []), ("Asia/Kolkata", "UTC+05:30", []),
    ])
  func zone(name: String, offset: String, odd: [String]) throws {
    let zone = try #require(LocalTime(named: name))
    let finding = ClockLook.zone(name: name, zone, from: Self.now)
    #expect(finding.state == (odd.isEmpty ? .ok : .warning))
    #expect(
      finding.text == "\(name), \(offset) now" + (odd.isEmpty ? "" : "; ")
        + odd.joined(separator: ", "))
  }

  @Test("A zone is named by the link to its file")
  func zoneName() {
    #expect(ClockLook.zoneName("/usr/share/zoneinfo/Europe/Helsinki") == "Europe/Helsinki")
    #expect(ClockLook.zoneName("../usr/share/zoneinfo/UTC") == "UTC")
    #expect(ClockLook.zoneName("/var/zone") == nil)
    #expect(ClockLook.zoneName("/usr/share/zoneinfo/") == nil)
  }

  // MARK: Disks

  @Test(
    "A disk is full by bytes or by files",
    arguments: [
      (255, nil, Finding.State.warning), (256, nil, .ok), (15, nil, .failed), (16, nil, .warning),
      (999, 99, .failed), (999, 100, .ok),
    ] as [(Int64, Int64?, Finding.State)])
  func disk(mebibytes: Int64, files: Int64?, state: Finding.State) {
    let room = FileSystemLook.Room(bytes: mebibytes << 20, files: files, device: 1)
    #expect(DiskLook.part(room, at: "/x").state == state)
  }

  @Test("Locks on a network are no locks, those on an unknown file system may be")
  func fileSystem() {
    #expect(DiskLook.part(.local, at: "/x") == nil)
    #expect(DiskLook.part(.network("NFS"), at: "/x")?.state == .failed)
    #expect(DiskLook.part(.network("NFS"), at: "/x")?.text.contains("NFS") == true)
    #expect(DiskLook.part(.unknown, at: "/x")?.state == .warning)
  }

  // MARK: Clients

  @Test("Each way a client can fail has its state", arguments: ReadingFailure.Reason.allCases)
  func client(reason: ReadingFailure.Reason) {
    let finding = ClientLook.finding("codex", "/bin/codex", .failure(.init(reason, "why")))
    let failed: [ReadingFailure.Reason] = [
      .programMissing, .notSignedIn, .unauthorized, .deadline, .noReply, .malformedReply,
    ]
    #expect(finding.state == (failed.contains(reason) ? .failed : .warning))
    #expect(finding.text == "/bin/codex: why" && finding.advice?.isEmpty == false)
  }

  @Test("A client that answers is told with the use of its window")
  func answer() {
    let limit = LimitReading(
      limitID: "codex", minutes: 300, usedPercent: 12.5, resetsAt: Self.now, isMain: true)
    let reading = Reading(
      provider: .codex, account: nil, limits: [limit], capturedAt: Self.now, method: .appServer)
    #expect(
      ClientLook.finding("codex", "/bin/codex 1.2", .success(reading))
        == Finding("codex", .ok, "/bin/codex 1.2, signed in, 12.5% of its 5h window used"))
  }

  @Test(
    "A version is found in what programs answer",
    arguments: [
      ("codex-cli 0.163.0\n", "0.163.0"), ("2.1.9 (Claude Code)", "2.1.9"), ("v1.18.30", "1.18.30"),
      ("\u{1B}[1mopencode\u{1B}[0m 1.3.13", "1.3.13"), ("version (2.0), 3", "3"), ("none", nil),
      ("", nil),
    ])
  func version(answer: String, version: String?) {
    #expect(Programs.version(in: answer) == version)
  }

  // MARK: Jobs

  private static func job(
    _ name: String, failedWith exit: Int32? = nil, success: Timestamp?, isOverdue: Bool = false
  ) -> JobOverview {
    let record = exit.map { exit in
      RunRecord(
        job: name, runKey: name, started: now, duration: .zero, outcome: .failed, exit: exit,
        counts: [], error: "no", trigger: .cron, host: "lamp", version: "1")
    }
    return JobOverview(job: name, lastRun: record, lastSuccess: success, isOverdue: isOverdue)
  }

  @Test("Jobs that fail or do not run are told, those that never ran only when all did not")
  func jobs() {
    let well = Self.job("rotate-log", success: Self.now - .seconds(60))
    let never = Self.job("window-reset", success: nil)
    #expect(
      JobsLook.finding([well, never], now: Self.now)
        == Finding("jobs", .ok, "rotate-log run as they should"))
    #expect(JobsLook.finding([never], now: Self.now).state == .warning)
    let late = Self.job("refresh-usage", success: Self.now - .seconds(7_200), isOverdue: true)
    let broken = Self.job("window-reset", failedWith: 78, success: nil)
    let finding = JobsLook.finding([well, late, broken], now: Self.now)
    #expect(finding.state == .failed)
    #expect(
      finding.text == "refresh-usage last ended well 2h ago, window-reset fails with 78: no")
  }

  @Test("A schedule that is not whole is told, none is one where the jobs run anyway")
  func timers() {
    #expect(JobsLook.timers(ScheduleStatus(), runs: true).state == .ok)
    #expect(JobsLook.timers(ScheduleStatus(), runs: false).state == .warning)
    var status = ScheduleStatus()
    status.triggers = ScheduledJob.allCases.map {
      .init(job: $0, scheduler: .cron, level: .user, state: .active)
    }
    #expect(JobsLook.timers(status, runs: false) == Finding("timers", .ok, "all jobs, by cron"))
    status.warnings = ["no linger"]
    #expect(JobsLook.timers(status, runs: true).text == "no linger")
    #expect(JobsLook.timers(status, runs: true).state == .warning)
    let last = status.triggers.removeLast()
    #expect(JobsLook.timers(status, runs: true).text.hasSuffix("nothing starts \(last.job.name)"))
    status.triggers[0].state = .differs
    #expect(JobsLook.timers(status, runs: true).state == .warning)
    status.triggers[1].state = .inactive
    let finding = JobsLook.timers(status, runs: true)
    #expect(finding.state == .failed)
    #expect(finding.text == "rotate-log of cron is installed and does not fire")
  }
}

import Testing

@testable import Jobs

/// What tells a run that went wrong from one that went right.
struct TortureStateTests {
  private static let right: [String: String] = [
    "work/data/rows.jsonl": "{\"at\":\"2026-11-21T10:00:00Z\",\"n\":1}\n{\"n\":2}\n",
    "work/note.md": "by hand\n", "work/.jobrunner/runs.jsonl": "{}\n",
  ]

  private func state(_ change: (inout [String: String]) -> Void) -> TortureState {
    var files = Self.right
    change(&files)
    return TortureState(files.mapValues { Array($0.utf8) }, root: "/disk/place")
  }

  @Test func `another time, id and folder make no difference`() {
    let other = state {
      $0["work/data/rows.jsonl"] = "{\"at\":\"2026-11-21T11:30:00.125Z\",\"n\":1}\n{\"n\":2}\n"
      $0["work/.jobrunner/locks/rows.lock"] = ""
      $0["tmp/jobrunner.AbCdEf/crontab"] = ""
    }
    #expect(other.difference(from: state { _ in }) == nil)
  }

  @Test(
    "Whatever is lost, double, changed or left over is found",
    arguments: [
      ("work/data/rows.jsonl", "{\"at\":\"2026-11-21T10:00:00Z\",\"n\":1}\n"),
      ("work/data/rows.jsonl", "{\"at\":\"2026-11-21T10:00:00Z\",\"n\":1}\n{\"n\":2}\n{\"n\":2}\n"),
      ("work/data/rows.jsonl", "{\"at\":\"\",\"n\":1}\n{\"n\":2}\n"),
      ("work/data/rows.jsonl", nil), ("work/note.md", "by hand"), ("work/note.md.tmp.12.ab", "x"),
      ("work/strange", ""), ("work/.jobrunner/rollouts.json.tmp.12.ab", ""),
      ("work/.jobrunner/intents/open.json", "{}"), ("work/.jobrunner/runs.jsonl", "{\"torn\n"),
    ] as [(String, String?)])
  func found(_ path: String, _ content: String?) {
    #expect(state { $0[path] = content }.difference(from: state { _ in }) != nil)
  }
}

/// The calls of a run, and which of them can fail how.
struct SystemCallTraceTests {
  private let text = """
    10 openat(AT_FDCWD, "/lib/libc.so.6", O_RDONLY) = 3
    10 read(3</lib/libc.so.6>, "ELF", 832) = 832
    10 openat(AT_FDCWD, "/work/jobrunner.json5", O_RDONLY) = -1 ENOENT
    10 write(4</work/rows.jsonl>, "{}", 2 <unfinished ...>
    11 write(5<anon_inode:[eventfd]>, "1", 8) = 8
    10 <... write resumed>) = 2
    11 openat(AT_FDCWD, "/work/a", O_RDONLY) = 6
    11 openat(AT_FDCWD, "/work/b", O_WRONLY|O_CREAT, 0600) = 7
    11 openat(AT_FDCWD, "/work/c", O_RDONLY) = 8
    10 rename("/work/b", "/work/c") = 0
    """

  @Test func `points begin with the work, and what the start of the program hides is counted`() {
    let trace = SystemCallTrace(text, beginning: "/jobrunner.json5")
    #expect(trace.points.map(\.text) == ["openat#2", "write#1", "openat#3", "rename#1"])
    #expect(trace.hidden == 2)
  }

  @Test(
    "A call is failed as it can fail",
    arguments: [
      ("write(4</work/rows>, 2)", "write", ["kill", "ENOSPC", "EIO", "EINTR", "EDQUOT"]),
      ("openat(\"/work/a\", O_RDONLY)", "openat", ["kill", "EIO", "EINTR"]),
      (
        "openat(\"/work/a\", O_WRONLY|O_CREAT)", "openat",
        ["kill", "ENOSPC", "EIO", "EROFS", "EINTR", "EDQUOT"]
      ),
      ("flock(4</work/lock>, LOCK_EX)", "flock", ["kill", "EINTR", "ENOLCK"]),
      ("unlink(\"/work/a\")", "unlink", ["kill", "EIO", "EROFS"]), ("close(4)", "close", ["kill"]),
    ])
  func faults(_ line: String, _ name: String, _ expected: [String]) {
    let point = SystemCallPoint(name: name, number: 1, line: line)
    #expect(TortureFault.allCases.filter { $0.mayCome(of: point) }.map(\.rawValue) == expected)
  }
}

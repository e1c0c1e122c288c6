/// The crontab lines of a workspace.
///
/// Every line stands by itself: a variable set in a crontab would go on to the lines of others that
/// follow.
struct CrontabText {
  private let plan: SchedulePlan

  init(_ plan: SchedulePlan) {
    self.plan = plan
  }

  /// The longest command that Debian's cron takes, in bytes.
  private static let longestCommand = 990

  /// The block as a file; at the level of the system that is one for `/etc/cron.d`.
  var file: ScheduleFile {
    get throws(JobError) {
      ScheduleFile(
        plan.level == .system ? Self.systemFileName(plan.name) : "crontab.example",
        try block.map { $0 + "\n" }.joined())
    }
  }

  /// A name that `/etc/cron.d` takes: files with a dot, colon or backslash in it are passed over.
  static func systemFileName(_ name: String) -> String {
    "jobrunner-" + ScheduleName.plain(name, limit: 60)
  }

  /// The marked block, both marks included.
  var block: [String] {
    get throws(JobError) {
      let marks = CrontabBlock(name: plan.name)
      var lines = [marks.begin]
      for job in plan.jobs { lines += try self.lines(job) }
      return lines + [marks.end]
    }
  }

  /// A job's comment and its line.
  func lines(_ job: ScheduledJob) throws(JobError) -> [String] {
    ["\(CrontabBlock.comment(job)) \(job.summary)", try line(job)]
  }

  private func line(_ job: ScheduledJob) throws(JobError) -> String {
    let words =
      ["env"] + plan.environment.map { "\($0.name)=\($0.value)" } + plan.command(job)
    let command = Self.escaped(words.map(ShellText.quoted).joined(separator: " "))
    guard command.utf8.count <= Self.longestCommand else {
      throw JobError(
        .usage,
        "the crontab line of \(job.name) is \(command.utf8.count) bytes and cron takes "
          + "\(Self.longestCommand); shorten PATH with --path")
    }
    let user = plan.level == .system ? "\(plan.account.name) " : ""
    return "\(job.cadence.cron) \(user)\(command)"
  }

  /// cron ends a command at `%`, takes `\%` for it and, by some accounts, `\\` for `\`: quotes that
  /// close and open again keep a backslash from what would be read with it.
  private static func escaped(_ command: String) -> String {
    var text = ""
    var isBehindBackslash = false
    for scalar in command.unicodeScalars {
      if isBehindBackslash, scalar == "\\" || scalar == "%" { text += "''" }
      if scalar == "%" { text += "\\" }
      text.unicodeScalars.append(scalar)
      isBehindBackslash = scalar == "\\"
    }
    return text
  }
}

/// Text for a POSIX shell.
enum ShellText {
  /// The word as the shell reads it back; as it is where it needs no quotes.
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "_-./:=@+,".utf8.contains(byte)
        }
      }
    return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }
}

internal import SystemPackage

/// The property lists of launchd, one a job; the keys are those of launchd.plist(5).
struct LaunchdPlists {
  private let plan: SchedulePlan

  init(_ plan: SchedulePlan) {
    self.plan = plan
  }

  var files: [ScheduleFile] {
    plan.jobs.map { ScheduleFile(Self.fileName($0, plan.name), text($0)) }
  }

  static func label(_ job: ScheduledJob, _ name: String) -> String {
    "jobrunner.\(name).\(job.name)"
  }

  static func fileName(_ job: ScheduledJob, _ name: String) -> String {
    label(job, name) + ".plist"
  }

  private func text(_ job: ScheduledJob) -> String {
    let log = plan.state.appending("launchd.log").string
    var entries: [(String, [String])] = [
      ("Label", [Self.string(Self.label(job, plan.name))]),
      ("ProgramArguments", Self.array(plan.command(job))),
      (
        "EnvironmentVariables",
        Self.dictionary(plan.environment.map { ($0.name, Self.string($0.value)) })
      ),
    ]
    if plan.level == .system { entries.append(("UserName", [Self.string(plan.account.name)])) }
    entries += trigger(job)
    entries += [
      ("ProcessType", [Self.string("Background")]),
      ("StandardOutPath", [Self.string(log)]),
      ("StandardErrorPath", [Self.string(log)]),
    ]
    let lines = entries.flatMap { key, value in
      ["  <key>\(key)</key>"] + value.map { "  " + $0 }
    }
    return ([Self.head, "<dict>"] + lines + ["</dict>", "</plist>"])
      .map { $0 + "\n" }.joined()
  }

  private func trigger(_ job: ScheduledJob) -> [(String, [String])] {
    switch job.cadence {
    case .everyMinute:
      [
        ("StartInterval", [Self.integer(60)]),
        ("WatchPaths", Self.array([plan.registry.string])),
      ]
    case .everyMinutes(let count): [("StartInterval", [Self.integer(count * 60)])]
    case .hourly(let minute):
      [("StartCalendarInterval", Self.dictionary([("Minute", Self.integer(minute))]))]
    case .daily(let hour, let minute):
      [
        (
          "StartCalendarInterval",
          Self.dictionary([("Hour", Self.integer(hour)), ("Minute", Self.integer(minute))])
        )
      ]
    }
  }

  // MARK: XML

  private static let head = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" \
    "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0">
    """

  private static func string(_ text: String) -> String {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;")
    return "<string>\(escaped)</string>"
  }

  private static func integer(_ number: Int) -> String { "<integer>\(number)</integer>" }

  private static func array(_ texts: [String]) -> [String] {
    ["<array>"] + texts.map { "  " + string($0) } + ["</array>"]
  }

  private static func dictionary(_ entries: [(String, String)]) -> [String] {
    ["<dict>"] + entries.flatMap { ["  <key>\($0)</key>", "  " + $1] } + ["</dict>"]
  }
}

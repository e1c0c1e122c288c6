package import Shared

extension JobOverview {
  /// The table of `list`, its heading first, and below it how those that fail have failed.
  package static func lines(_ jobs: [JobOverview], now: Timestamp, coloured: Bool) -> [String] {
    var table = TextTable(columns: [
      .init("JOB"), .init("STATE"), .init("SCHEDULE"), .init("LAST RUN", .right),
      .init("EXIT", .right), .init("LAST SUCCESS", .right), .init("NEXT DUE", .right),
    ])
    for job in jobs {
      // The status of the newest run, which is a success where its mark is newer than its row.
      let isFailing = job.state == .failing
      let exit = job.lastRunAt == nil ? "-" : isFailing ? "\(job.lastRun?.exit ?? 0)" : "0"
      table.append([
        .init(job.job), .init(job.state.rawValue, style(of: job.state)), .init(schedule(of: job)),
        .init(age(job.lastRunAt, now)), .init(exit), .init(age(job.lastSuccess, now)),
        .init(job.nextDue.map { "in \(DurationText.brief($0 - now))" } ?? "-"),
      ])
    }
    let errors = jobs.filter { $0.state == .failing }.compactMap { job in
      job.lastRun?.error.map { "\(job.job): \($0.escapingControls)" }
    }
    return table.lines(coloured: coloured) + errors
  }

  private static func schedule(of job: JobOverview) -> String {
    guard let triggers = job.triggers else { return "?" }
    let names = triggers.map { trigger in
      trigger.scheduler.rawValue + (trigger.level == .system ? " (system)" : "")
        + (trigger.state == .inactive ? " (off)" : "")
    }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  private static func age(_ moment: Timestamp?, _ now: Timestamp) -> String {
    moment.map { "\(DurationText.brief(now - $0)) ago" } ?? "-"
  }

  private static func style(of state: State) -> TextTable.Style {
    switch state {
    case .ok: .green
    case .failing: .red
    case .overdue: .yellow
    case .never: .dim
    }
  }

  /// One object, without a line feed.
  package static func json(_ jobs: [JobOverview]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.key("jobs")
      writer.array { writer in
        for job in jobs {
          writer.object { writer in
            writer.member("job", job.job)
            writer.member("state", job.state.rawValue)
            writer.member("last_run", job.lastRunAt?.text)
            writer.member("last_success", job.lastSuccess?.text)
            writer.member("overdue", job.isOverdue)
            writer.member("next_due", job.nextDue?.text)
            writer.key("schedules")
            if let triggers = job.triggers {
              ScheduleStatus.write(triggers, into: &writer)
            } else {
              writer.null()
            }
            writer.key("last_row")
            if let row = job.lastRun?.row { writer.raw(row) } else { writer.null() }
          }
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

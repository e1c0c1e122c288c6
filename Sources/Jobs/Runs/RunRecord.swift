package import Shared

/// One run of a job that did something or failed: a row of the run history.
package struct RunRecord: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    case done
    /// Stopped at its deadline with work left.
    case partial
    case failed
  }

  package let job: String
  /// What the run was for: the job, with the window and the phase where it had them.
  package let runKey: String
  package let started: Timestamp
  package let duration: Duration
  package let outcome: Outcome
  /// The exit status, as the shell saw it.
  package let exit: Int32
  package let counts: [JobReport.Count]
  /// The line that was, or would have been, printed.
  package let error: String?
  package let trigger: Trigger
  package let host: String
  package let version: String

  package init(
    job: String, runKey: String, started: Timestamp, duration: Duration, outcome: Outcome,
    exit: Int32, counts: [JobReport.Count], error: String?, trigger: Trigger, host: String,
    version: String
  ) {
    self.job = job
    self.runKey = runKey
    self.started = started
    self.duration = duration
    self.outcome = outcome
    self.exit = exit
    self.counts = counts
    self.error = error
    self.trigger = trigger
    self.host = host
    self.version = version
  }

  /// The row of a run that ended well; nil for one that had nothing to do, which leaves none.
  package init?(_ report: JobReport, run: Run) {
    let outcome: Outcome
    switch report.outcome {
    case .done: outcome = .done
    case .partial: outcome = .partial
    case .idle, .locked: return nil
    }
    self.init(
      job: run.job, runKey: run.key(facts: report.facts), started: run.started,
      duration: run.duration, outcome: outcome, exit: 0, counts: report.counts, error: nil,
      trigger: run.trigger, host: run.host, version: run.version)
  }

  /// The row of a run that failed.
  package init(_ error: JobError, run: Run) {
    self.init(
      job: run.job, runKey: run.job, started: run.started, duration: run.duration,
      outcome: .failed, exit: error.status.rawValue, counts: [], error: error.message,
      trigger: run.trigger, host: run.host, version: run.version)
  }

  /// What is known of a run whatever it did.
  package struct Run: Sendable {
    package let job: String
    let started: Timestamp
    let duration: Duration
    let trigger: Trigger
    let host: String
    let version: String

    package init(
      job: String, started: Timestamp, duration: Duration, trigger: Trigger, host: String,
      version: String
    ) {
      self.job = job
      self.started = started
      self.duration = duration
      self.trigger = trigger
      self.host = host
      self.version = version
    }

    func key(facts: [JobReport.Fact]) -> String {
      let parts = ["window", "phase"].compactMap { name in
        facts.first { $0.name == name }?.value
      }
      return ([job] + parts).joined(separator: ":")
    }
  }
}

// MARK: - The row

extension RunRecord {
  /// One line of JSON, without a line feed.
  package var row: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("job", job)
      writer.member("run_key", runKey)
      writer.member("started", started.text)
      writer.member("duration_ms", Int(duration.inMilliseconds))
      writer.member("outcome", outcome.rawValue)
      writer.member("exit", Int(exit))
      if let error { writer.member("error", error) }
      writer.key("counts")
      writer.object { writer in
        for count in counts { writer.member(count.name, count.value) }
      }
      writer.member("trigger", trigger.rawValue)
      writer.member("host", host)
      writer.member("tool_version", version)
      writer.member("schema_version", RowStamp.schemaVersion)
    }
    return writer.bytes
  }

  /// Reads a row; nil for one that is damaged or of another kind.
  package init?(row: [UInt8]) {
    var texts: [String: String] = [:]
    var numbers: [String: Int] = [:]
    var counts: [JobReport.Count] = []
    var scanner = JSONScanner(row)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        let key = scanner.text()
        switch key {
        case "duration_ms", "exit": numbers[key] = try scanner.nextInteger()
        case "counts": counts = try Self.readCounts(&scanner)
        default: texts[key] = try scanner.nextString()
        }
      }
    } catch {
      return nil
    }
    guard let job = texts["job"], let started = texts["started"].flatMap({ Timestamp($0) }),
      let outcome = texts["outcome"].flatMap(Outcome.init(rawValue:))
    else { return nil }
    self.init(
      job: job, runKey: texts["run_key"] ?? job, started: started,
      duration: .milliseconds(numbers["duration_ms"] ?? 0), outcome: outcome,
      exit: numbers["exit"].flatMap(Int32.init(exactly:)) ?? 0, counts: counts,
      error: texts["error"],
      trigger: texts["trigger"].flatMap(Trigger.init(rawValue:)) ?? .unknown,
      host: texts["host"] ?? "", version: texts["tool_version"] ?? "")
  }

  private static func readCounts(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> [JobReport.Count] {
    var counts: [JobReport.Count] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      let name = scanner.text()
      if let value = try scanner.nextInteger() { counts.append(.init(name, value)) }
    }
    return counts
  }
}

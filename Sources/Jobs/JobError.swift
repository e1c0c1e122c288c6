package import Shared
internal import SystemPackage

/// Why a run failed: how it ends, and one line that says what, where and what to do.
package struct JobError: Error, Equatable, Sendable {
  package let status: ExitStatus
  package let message: String

  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The one place where a failed system call becomes an exit status.
  package init(_ error: FileError) {
    self.init(Self.status(of: error), "\(error)\(Self.advice(for: error))")
  }

  private static func status(of error: FileError) -> ExitStatus {
    switch error.errno {
    case .noSpace, .diskQuotaExceeded, .fileTooLarge, .readOnlyFileSystem: .cannotCreate
    case .permissionDenied, .notPermitted: .noPermission
    case .noLocks: .unavailable
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .resourceTemporarilyUnavailable: .tryLater
    default: .ioError
    }
  }

  private static func advice(for error: FileError) -> String {
    switch error.errno {
    case .noSpace, .diskQuotaExceeded: "; free some space and run again"
    case .permissionDenied, .notPermitted: "; check its owner and mode"
    case .noLocks: "; this file system has no locks: put the state folder on a local disk"
    default: ""
    }
  }
}

/// What a run did, for the one line it prints and for `--json`.
package struct JobReport: Sendable, Equatable {
  package enum Outcome: String, Sendable {
    case done
    /// Nothing was due.
    case idle
    /// Another run of the same job is at work.
    case locked
    /// Stopped at the deadline with work left for the next run.
    case partial
  }

  package var job: String
  package var outcome: Outcome
  /// The line for people, without the job's name.
  package var summary: String
  /// Counts for `--json`, in order.
  package var counts: [Count]
  /// Lines asked for by `--dry-run` or `--verbose`.
  package var details: [String] = []
  /// The answer itself, printed unless `--quiet` was asked for.
  package var answer: [String] = []
  /// What was wrong with the input of a run that went well; part of the summary too.
  package var warning: String?
  /// Texts for `--json`, in order.
  package var facts: [Fact] = []

  /// Values of other kinds for `--json`, in order.
  package var values: [Value] = []

  /// A named value, in JSON.
  package struct Value: Sendable, Equatable {
    package let name: String
    package let json: [UInt8]

    package init(_ name: String, json: [UInt8]) {
      self.name = name
      self.json = json
    }
  }

  /// A named text.
  package struct Fact: Sendable, Equatable {
    package let name: String
    package let value: String?

    package init(_ name: String, _ value: String?) {
      self.name = name
      self.value = value
    }
  }

  /// A named number.
  package struct Count: Sendable, Equatable {
    package let name: String
    package let value: Int

    package init(_ name: String, _ value: Int) {
      self.name = name
      self.value = value
    }
  }

  package init(job: String, outcome: Outcome, summary: String, counts: [Count] = []) {
    self.job = job
    self.outcome = outcome
    self.summary = summary
    self.counts = counts
  }

  /// One JSON object, without a line feed.
  package var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.member("job", job)
      writer.member("outcome", outcome.rawValue)
      writer.member("summary", summary)
      for fact in facts { writer.member(fact.name, fact.value) }
      for count in counts { writer.member(count.name, count.value) }
      for value in values {
        writer.key(value.name)
        writer.raw(value.json)
      }
      if !details.isEmpty {
        writer.key("details")
        writer.array { writer in
          for detail in details { writer.string(detail) }
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JobError {
  /// One JSON object, without a line feed: `{"ok":false,"error":…,"code":…}`.
  package var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", false)
      writer.member("error", message)
      writer.member("code", status.code)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

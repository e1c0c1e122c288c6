package import SystemPackage

/// What is to be scheduled, and the fixed values that go into every format.
package struct SchedulePlan: Sendable, Equatable {
  package enum Level: String, Sendable {
    case user
    case system
  }

  /// A variable of the environment.
  package struct Variable: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Whom a schedule of the system runs as.
  package struct Account: Sendable, Equatable {
    package var name: String
    package var home: FilePath

    package init(name: String, home: FilePath) {
      self.name = name
      self.home = home
    }
  }

  package var workspace: FilePath
  /// The file whose change means that an agent was started or has ended.
  package var registry: FilePath
  /// Folder of our own locks and marks.
  package var state: FilePath
  package var binary: FilePath
  /// PATH, with the folders of the clients.
  package var searchPath: String
  /// Variables besides PATH and the workspace.
  package var variables: [Variable] = []
  /// The configuration, where it is not that of the workspace.
  package var configuration: FilePath?
  package var level = Level.user
  /// Used at the level of the system alone.
  package var account: Account
  /// The zone of clusters, which have none of their own.
  package var timeZone = "Etc/UTC"
  package var jobs = ScheduledJob.allCases

  package init(
    workspace: FilePath, registry: FilePath, state: FilePath, binary: FilePath,
    searchPath: String, account: Account
  ) {
    self.workspace = workspace
    self.registry = registry
    self.state = state
    self.binary = binary
    self.searchPath = searchPath
    self.account = account
  }

  /// The part of all names that is this workspace's.
  package var name: String {
    ScheduleName.of(workspace: workspace.string, agent: agent)
  }

  /// The agent whose windows are kept; nil where none is named.
  package var agent: String? { variables.first { $0.name == "AGENT_ID" }?.value }

  /// The whole environment, PATH first.
  package var environment: [Variable] {
    [Variable("PATH", searchPath), Variable("JOBRUNNER_WORKSPACE", workspace.string)] + variables
  }

  /// The program and its arguments for a job.
  package func command(_ job: ScheduledJob) -> [String] {
    command([job.name] + job.arguments)
  }

  /// The program and its arguments for taking the AFTER of a window shortly before its reset.
  package func beforeReset(_ provider: Provider) -> [String] {
    command([
      ScheduledJob.windowReset.name, "--phase", "after", "--provider", provider.rawValue, "--quiet",
    ])
  }

  func command(_ arguments: [String]) -> [String] {
    [binary.string] + arguments + (configuration.map { ["--config", $0.string] } ?? [])
  }

  /// What no format can hold: a text that would end a line, or be lost at a line's end.
  ///
  /// - Throws: 64.
  package func check() throws(JobError) {
    let texts =
      [workspace, registry, state, binary, account.home].map(\.string)
      + [configuration?.string ?? "", account.name] + environment.map(\.value)
    for text in texts {
      let isPrintable = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      guard isPrintable, text.last != "\\", text.first != " ", text.last != " " else {
        throw JobError(
          .usage,
          "'\(text)' cannot stand in a schedule: no control characters, no blank or '\\' "
            + "at an end")
      }
    }
  }
}

/// A file that belongs to a schedule.
package struct ScheduleFile: Sendable, Equatable {
  /// Without a folder.
  package let name: String
  package let text: String

  package init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// What starts jobs.
package enum SchedulerKind: String, CaseIterable, Sendable {
  case cron
  case systemd
  case launchd
  case kubernetes
}

extension SchedulePlan {
  /// The files of a format.
  ///
  /// - Throws: 64 for a value that the format cannot hold.
  package func files(_ kind: SchedulerKind) throws(JobError) -> [ScheduleFile] {
    try check()
    switch kind {
    case .cron: return [try CrontabText(self).file]
    case .systemd: return SystemdUnits(self).files
    case .launchd: return LaunchdPlists(self).files
    case .kubernetes: return KubernetesManifests(self).files
    }
  }
}

internal import Shared
internal import SystemPackage

/// What `schedule install` leaves for `window-reset`: by what the one-shots before a reset are set.
struct ScheduleRecord: Sendable, Equatable {
  var scheduler: SchedulerKind
  var armed: [BeforeReset.Armed] = []

  /// Each agent has a schedule, and windows, of its own.
  private static func path(_ agent: String?, in workspace: Workspace) -> FilePath {
    workspace.state.appending(ScheduleName.file("schedule.json", agent: agent))
  }

  /// nil where no schedule was installed that can have one-shots.
  static func read(_ workspace: Workspace, agent: String?) -> ScheduleRecord? {
    let bytes = StateFile.read(path(agent, in: workspace))
    return bytes.isEmpty ? nil : ScheduleRecord(json: bytes)
  }

  /// Writes it for whom the workspace belongs to, also where root installs.
  func write(_ workspace: Workspace, agent: String?, isRoot: Bool) throws(JobError) {
    let path = Self.path(agent, in: workspace)
    try StateFile.write(json, to: path)
    guard isRoot else { return }
    do throws(FileError) {
      for made in [workspace.state, path] { try copyOwner(of: workspace.root, to: made) }
    } catch {
      throw JobError(error)
    }
  }

  static func remove(_ workspace: Workspace, agent: String?) throws(JobError) {
    do throws(FileError) {
      try unlinkIfPresent(path(agent, in: workspace))
    } catch {
      throw JobError(error)
    }
    removeFolderIfEmpty(workspace.state)
  }

  private var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("scheduler", scheduler.rawValue)
      writer.key("before_reset")
      writer.object { writer in
        for one in armed {
          writer.key(one.provider.rawValue)
          writer.object { writer in
            writer.member("moment", one.moment.text)
            if let job = one.atJob { writer.member("at_job", job) }
          }
        }
      }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  private init?(json: [UInt8]) {
    var scheduler: SchedulerKind?
    var armed: [BeforeReset.Armed] = []
    var scanner = JSONScanner(json)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "scheduler": scheduler = try scanner.nextString().flatMap(SchedulerKind.init)
        case "before_reset": armed = try Self.readArmed(&scanner)
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard let scheduler else { return nil }
    self.init(scheduler: scheduler, armed: armed)
  }

  init(scheduler: SchedulerKind, armed: [BeforeReset.Armed] = []) {
    self.scheduler = scheduler
    self.armed = armed
  }

  private static func readArmed(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> [BeforeReset.Armed] {
    var armed: [BeforeReset.Armed] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      let provider = Provider(rawValue: scanner.text())
      var moment: Timestamp?
      var job: String?
      guard try scanner.enterObject() else { continue }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "moment": moment = try scanner.nextString().flatMap { Timestamp($0) }
        case "at_job": job = try scanner.nextString()
        default: try scanner.skipValue()
        }
      }
      if let provider, let moment {
        armed.append(.init(provider: provider, moment: moment, atJob: job))
      }
    }
    return armed
  }
}

internal import Shared
internal import SystemPackage

/// The machine: its clock, its zone, its disks.
extension Doctor {
  // MARK: Clock

  func clockFinding() -> Finding {
    let marks = Siblings.jobs.compactMap { LastSuccess.of($0, in: workspace) }
    return ClockLook.clock(now: world.clock.now(), builtOn: builtOn, newestMark: marks.max())
  }

  func zoneFinding() -> Finding {
    let value = world.environment["TZ"]
    if let value, !LocalTime.isKnown(zone: value) {
      return Finding(
        "time zone", .failed, "TZ is '\(value)', which the system does not know: it counts as UTC",
        advice: "set a name below /usr/share/zoneinfo, or install tzdata")
    }
    let link = FileSystemLook.linkTarget("/etc/localtime")
    let name = value.flatMap { $0.isEmpty ? "UTC" : $0 } ?? link.flatMap(ClockLook.zoneName)
    return ClockLook.zone(name: name, .system, from: world.clock.now())
  }

  // MARK: Disks

  func diskFinding() -> Finding {
    var seen: Set<UInt64> = []
    let parts = [workspace.state, workspace.data, workspace.agents].compactMap { folder in
      let place = FileSystemLook.nearestPresent(folder)
      guard let room = FileSystemLook.room(of: place), seen.insert(room.device).inserted
      else { return nil as Finding.Part? }
      return DiskLook.part(room, at: place)
    }
    return Finding("disk", parts, otherwise: "cannot be told")
  }

  func fileSystemFinding() -> Finding {
    let places = [workspace.locks, workspace.agents].map(FileSystemLook.nearestPresent)
    let parts = places.compactMap { DiskLook.part(FileSystemLook.reach(of: $0), at: $0) }
    return Finding(
      "file system", parts.first.map { [$0] } ?? [], otherwise: "locks lie on a local one")
  }
}

/// What the clock and the zone tell.
enum ClockLook {
  /// Clocks of two machines, or a file system's and the kernel's, may be so far apart.
  private static let tolerance = Duration.seconds(300)

  static func clock(now: Timestamp, builtOn: LocalDay, newestMark: Timestamp?) -> Finding {
    let built = LocalTime.universal.start(of: builtOn)
    if now < built {
      return Finding(
        "clock", .failed, "\(now.text) is before this program was made, \(builtOn.text)",
        advice: "set the clock; every window would be closed wrongly")
    }
    if let newestMark, newestMark - now > tolerance {
      return Finding(
        "clock", .warning, "a job ended well at \(newestMark.text), which is yet to come",
        advice: "the clock was set back; see that it is right now")
    }
    return Finding("clock", .ok, now.text)
  }

  /// A time of day at which the shipped schedules start a job.
  struct Hour: Sendable {
    let job: String
    let hour: Int
    let minute: Int
  }

  static let hours = [
    Hour(job: WindowResetJob.name, hour: 0, minute: 6),
    Hour(job: RotateLogJob.name, hour: 3, minute: 17),
    Hour(job: CostCompareJob.name, hour: 3, minute: 27),
  ]

  /// Whether each time of day comes once a day in the year from now on.
  static func zone(name: String?, _ zone: LocalTime, from now: Timestamp) -> Finding {
    let today = zone.day(at: now)
    var odd: [String] = []
    for hour in hours {
      for offset in 0..<366 {
        let day = LocalDay(daysSinceEpoch: today.daysSinceEpoch + offset)
        let time = CivilTime(day: day, hour: hour.hour, minute: hour.minute)
        let count = zone.moments(of: time).count
        guard count != 1 else { continue }
        let what = count == 0 ? "does not exist" : "comes twice"
        odd.append("\(text(hour)) \(what) on \(day.text) (\(hour.job))")
      }
    }
    let seconds = zone.offset(at: now)
    let place = "\(name ?? "of the machine"), UTC\(offsetText(seconds)) now"
    guard !odd.isEmpty else { return Finding("time zone", .ok, place) }
    return Finding(
      "time zone", .warning, "\(place); \(odd.joined(separator: ", "))",
      advice: "keep the hourly trigger of window-reset, or schedule by UTC: a run too many or late "
        + "does no harm")
  }

  /// `Europe/Helsinki` of `/usr/share/zoneinfo/Europe/Helsinki`.
  static func zoneName(_ target: String) -> String? {
    let parts = target.split(separator: "/")
    guard let index = parts.lastIndex(of: "zoneinfo"), index + 1 < parts.count else { return nil }
    return parts[(index + 1)...].joined(separator: "/")
  }

  private static func text(_ hour: Hour) -> String { two(hour.hour) + ":" + two(hour.minute) }

  private static func offsetText(_ seconds: Int) -> String {
    let minutes = abs(seconds) / 60
    return (seconds < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// What the disks tell.
enum DiskLook {
  /// Below this an append may fail at any time, and a copy of the registry surely does.
  private static let tooLittle: Int64 = 16 << 20
  private static let little: Int64 = 256 << 20
  private static let tooFewFiles: Int64 = 100

  static func part(_ room: FileSystemLook.Room, at place: FilePath) -> Finding.Part {
    let text = "\(room.bytes >> 20) MiB free at \(place)"
    let advice = "free some space; jobs end with 73 where there is none"
    if let files = room.files, files < tooFewFiles {
      return .init(.failed, "room for \(files) more files at \(place)", advice: advice)
    }
    if room.bytes < tooLittle { return .init(.failed, text, advice: advice) }
    return .init(room.bytes < little ? .warning : .ok, text, advice: advice)
  }

  /// nil where locks are safe.
  static func part(_ reach: FileSystemLook.Reach, at place: FilePath) -> Finding.Part? {
    switch reach {
    case .local: nil
    case .network(let name):
      .init(
        .failed, "locks at \(place) lie on \(name), which other machines share",
        advice: "put .jobrunner on a local disk with JOBRUNNER_STATE_DIR, and run on one machine")
    case .unknown:
      .init(
        .warning, "locks at \(place) lie on a file system that is not known",
        advice: "run on one machine only; a dead registry.lock is not removed there")
    }
  }
}

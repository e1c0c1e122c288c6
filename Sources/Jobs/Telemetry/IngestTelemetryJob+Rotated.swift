internal import Shared
internal import SystemPackage

/// A log that stands beside the configured one, open, and what of it was not read yet.
struct OlderLog {
  let name: String
  let file: FileDescriptor
  let status: Stat
  var part: LogPart

  func read(to end: LogPart.Place) -> LogMemory.Older {
    LogMemory.Older(
      name: name, identity: status.identity, offset: end.offset, lines: end.lines)
  }
}

/// Logs are renamed, by number or by date, or copied and emptied; and whoever writes to a log that is
/// renamed goes on doing so until it is told.
extension IngestTelemetryJob {
  /// Whether nothing came since; so too of a log that is gone.
  func isRead(_ older: LogMemory.Older) -> Bool {
    guard let status = try? Stat(logPath.folder.appending(older.name)),
      status.identity == older.identity
    else { return true }
    return status.size <= older.offset
  }

  /// What was not read yet of logs beside the configured one, the oldest first: the rest of the one
  /// that was read, and those that were begun and renamed since.
  func olderLogs(_ known: LogMemory, _ status: Stat, isContinued: Bool) -> [OlderLog] {
    if isContinued {
      guard let older = known.older, !isRead(older), var log = openOlder(older.name),
        log.status.identity == older.identity, log.status.size > older.offset
      else { return [] }
      log.part.begin(at: LogPart.Place(offset: older.offset, lines: older.lines))
      return [log]
    }
    return rotatedLogs(known, status)
  }

  private func rotatedLogs(_ known: LogMemory, _ status: Stat) -> [OlderLog] {
    let all = logsBeside(status)
    let found =
      all.firstIndex { $0.status.identity == known.version.identity && holds($0, known) }
      ?? all.firstIndex { known.offset > 0 && holds($0, known) }
    var unread: [OlderLog] = []
    for index in all.indices {
      var log = all[index]
      if index == found {
        log.part.begin(at: known.place)
        unread.append(log)
      } else if let found, index > found, isNumbered(log.name) {
        unread.append(log)
      } else {
        try? log.file.close()
      }
    }
    return unread
  }

  /// Whether a log has what was read, at the same place.
  private func holds(_ log: OlderLog, _ known: LogMemory) -> Bool {
    log.status.size >= known.offset
      && (try? LogMemory.fingerprint(log.file, before: known.offset)) == known.fingerprint
  }

  /// Files whose names begin like that of the log, the one that was changed last at the end.
  private func logsBeside(_ current: Stat) -> [OlderLog] {
    guard let stem = logPath.stem else { return [] }
    var logs: [OlderLog] = []
    for name in (try? names(in: logPath.folder)) ?? []
    where name.hasPrefix(stem) && name != logPath.lastComponent?.string && !isPacked(name) {
      guard let log = openOlder(name) else { continue }
      if log.status.identity == current.identity {
        try? log.file.close()
      } else {
        logs.append(log)
      }
    }
    return logs.sorted { $0.status.modificationNanoseconds < $1.status.modificationNanoseconds }
  }

  /// `usage.jsonl.1`, `usage.jsonl-20260301`: this log earlier, not another one.
  private func isNumbered(_ name: String) -> Bool {
    let own = logPath.lastComponent?.string ?? ""
    return name.hasPrefix(own + ".") || name.hasPrefix(own + "-")
  }

  private func isPacked(_ name: String) -> Bool {
    [".gz", ".xz", ".bz2", ".zst", ".lz4"].contains { name.hasSuffix($0) }
  }

  private func openOlder(_ name: String) -> OlderLog? {
    let path = logPath.folder.appending(name)
    guard let file = (try? open(path)) ?? nil else { return nil }
    guard let status = try? Stat(file), status.irregularity == nil else {
      try? file.close()
      return nil
    }
    // A last line without an end may still get one as long as the file is written to.
    let isQuiet =
      status.modificationNanoseconds / 1_000_000 + Self.quietTime
      < world.clock.now().milliseconds
    let part = LogPart(
      source: .file(file, size: Int(status.size)), path: path, takesTornLine: isQuiet)
    return OlderLog(name: name, file: file, status: status, part: part)
  }

  /// In milliseconds: so long after the last write a line that has no end will get none.
  private static let quietTime: Int64 = 10_000
}

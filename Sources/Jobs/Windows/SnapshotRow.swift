package import Shared

/// How a snapshot is written: the tracker's keys in the tracker's order, ours behind them.
extension Snapshot {
  /// One line of `snapshots.jsonl`, with its line feed.
  package func line(stamp: RowStamp) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", provider.rawValue)
      writer.member("phase", phase.rawValue)
      writer.member("captured_at", capturedAt.text)
      writer.member("notes", notes.redactingAddresses)
      writer.member("raw_text", reading?.rawText ?? "")
      writer.key("parsed")
      writeParsed(into: &writer)
      writer.member("source", source)
      stamp.write(into: &writer, id: id, agent: agent)
      if let recordedAt { writer.member("recorded_at", recordedAt.text) }
      writeContent(into: &writer)
      if let state { writer.member("state", state.rawValue) }
      if let gap { writer.member("gap_s", gap.inSeconds) }
      if let late { writer.member("late_s", late.inSeconds) }
      if let corrects { writer.member("corrects", corrects) }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// The tracker's object: a percentage and a label for each of its fields, null where unknown.
  package func writeParsed(into writer: inout JSONWriter) {
    let limits = reading?.limits ?? []
    writer.object { writer in
      for field in PercentField.of(provider) {
        let limit = field.limit(in: limits)
        guard field.isAlwaysWritten || limit != nil else { continue }
        writer.member(field.percentKey, limit?.usedPercent)
        if field.hasResets {
          writer.member(field.resetsKey, limit?.resetsLabel ?? limit?.resetsAt?.text)
        }
      }
      writer.key("errors")
      writer.array { writer in
        for error in errors { writer.string(error) }
      }
    }
  }

  /// The flags of the row: those of the reading, or that there is none.
  package var errors: [String] {
    switch content {
    case .reading(let reading): reading.errors
    case .unavailable(let failure): ["unavailable", failure.reason.rawValue]
    case .tombstone: []
    }
  }

  private func writeContent(into writer: inout JSONWriter) {
    switch content {
    case .reading(let reading):
      writer.member("account", reading.account)
      writer.member("method", reading.method.rawValue)
      if let recordedAt {
        writer.member("age_s", max(0, (recordedAt - capturedAt).inSeconds))
      }
      writer.member("client_version", reading.clientVersion)
      // The row is a reading of this one; the others ride along in `limits`, where it is too.
      reading.leadingLimit?.writeMembers(into: &writer)
      writer.key("limits")
      writer.array { writer in
        for limit in reading.limits { limit.write(into: &writer) }
      }
      writeTried(into: &writer)
    case .unavailable(let failure):
      writer.key("unavailable")
      writer.object { writer in
        writer.member("reason", failure.reason.rawValue)
        writer.member("message", failure.message)
      }
      writeTried(into: &writer)
    case .tombstone(let deleted): writer.member("deletes", deleted)
    }
  }

  private func writeTried(into writer: inout JSONWriter) {
    guard !tried.isEmpty else { return }
    writer.key("tried")
    writer.array { writer in
      for attempt in tried {
        writer.object { writer in
          writer.member("method", attempt.method.rawValue)
          writer.member("reason", attempt.failure.reason.rawValue)
          writer.member("message", attempt.failure.message)
        }
      }
    }
  }
}

extension LimitReading {
  func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writeMembers(into: &writer)
      writer.member("main", isMain)
    }
  }

  func writeMembers(into writer: inout JSONWriter) {
    writer.member("limit_id", limitID)
    writer.member("window_minutes", minutes)
    writer.member("used_percent", usedPercent)
    writer.member("resets_at", resetsAt.map { Int($0.milliseconds / 1_000) })
    if let resetsLabel { writer.member("resets_label", resetsLabel) }
  }
}

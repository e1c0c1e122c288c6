internal import Shared

/// `anomalies`: lists what speaks against the numbers, and says of one that it is settled.
package struct AnomaliesJob: Sendable {
  package static let name = "anomalies"

  private let ledgers: WindowLedgers

  package init(ledgers: WindowLedgers) {
    self.ledgers = ledgers
  }

  private var ledger: RowLedger { ledgers.ledger(ledgers.workspace.anomalies) }

  /// The anomalies of a window, or all; those that are settled only on request.
  package func list(window: String?, withResolved: Bool) throws(JobError) -> [AnomalyRow] {
    AnomalyRow.read(try ledger.read()).filter { row in
      (window == nil || row.window == window) && (withResolved || row.resolution == nil)
    }
  }

  /// Appends that an anomaly is settled, and why; doing it again changes nothing.
  ///
  /// - Throws: 66 for an id that no anomaly has.
  package func resolve(_ id: String, notes: String) throws(JobError) -> JobReport {
    let agent = try AgentID.current(ledgers.world.environment)
    // Told first without the lock, which would make folders where there is nothing.
    _ = try anomaly(id, in: try ledger.read())
    let wasOpen = try ledger.append { bytes throws(JobError) in
      let row = try anomaly(id, in: bytes)
      guard row.resolution == nil else { return ([], false) }
      let line = row.resolution(
        notes: notes, agent: agent, now: ledgers.world.clock.now(), stamp: ledgers.stamp,
        source: Self.name)
      return (line, true)
    }
    let line = wasOpen ? "resolved anomaly \(id)" : "anomaly \(id) is resolved already"
    var report = JobReport(
      job: Self.name, outcome: wasOpen ? .done : .idle, summary: line)
    report.answer = [line]
    report.facts = [.init("id", id)]
    return report
  }

  private func anomaly(_ id: String, in bytes: [UInt8]) throws(JobError) -> AnomalyRow {
    guard let row = AnomalyRow.read(bytes).first(where: { $0.id == id }) else {
      throw JobError(.noInput, "no anomaly has the id '\(id)'; 'jobrunner anomalies' lists them")
    }
    return row
  }
}

/// The list of anomalies as text and as JSON.
package enum AnomalyList {
  /// One line each, in columns; a sentence where there is none.
  package static func text(_ rows: [AnomalyRow]) -> [String] {
    guard !rows.isEmpty else { return ["no anomalies"] }
    var table = TextTable(
      columns: [
        .init("ID"), .init("TYPE"), .init("WINDOW"), .init("PROVIDER"), .init("AGENT"),
        .init("CAPTURED"), .init("EVIDENCE"),
      ])
    for row in rows {
      let evidence = row.evidence.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
      let cells = [
        row.id, row.type, row.window, row.provider, row.agent,
        row.capturedAt?.tableText ?? "-", row.resolution.map { "resolved: \($0)" } ?? evidence,
      ]
      table.append(cells.map { TextTable.Cell($0) })
    }
    return table.lines()
  }

  /// `{"ok":true,"anomalies":[…]}` in one line.
  package static func json(_ rows: [AnomalyRow]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.key("anomalies")
      writer.array { writer in
        for row in rows { row.write(into: &writer) }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension AnomalyRow {
  func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("type", type)
      writer.member("window", window)
      writer.member("provider", provider)
      writer.member("agent_id", agent)
      writer.member("captured_at", capturedAt?.text)
      writer.member("informational", isInformational)
      writer.key("evidence")
      writer.object { writer in
        for fact in evidence { writer.member(fact.name, fact.value) }
      }
      writer.member("resolution", resolution)
    }
  }
}

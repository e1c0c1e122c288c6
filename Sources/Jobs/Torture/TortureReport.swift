internal import Shared

/// What came of torturing commands.
package struct TortureReport: Sendable {
  /// A promise that did not hold.
  package struct Violation: Sendable {
    package let scenario: String
    package let fault: TortureFault
    package let point: SystemCallPoint
    package let what: String
  }

  /// One command in one workspace.
  package struct Row: Sendable {
    package let scenario: TortureScenario
    /// The points at which it was hit.
    package var points = 0
    /// Of how many there are.
    package var allPoints = 0
    /// Runs that met a fault.
    package var faults = 0
    package var hidden = 0
    package var violations: [Violation] = []
    /// Why it was left out.
    package var skipped: String?

    package init(_ scenario: TortureScenario) {
      self.scenario = scenario
    }
  }

  package internal(set) var rows: [Row] = []
  package let seed: UInt64
  package let faults: [TortureFault]
  package let fileSystem: String

  package var violations: [Violation] { rows.flatMap(\.violations) }

  /// The table, and below it how to see each violation again.
  package func lines(repeating program: String, in folder: String) -> [String] {
    var table = TextTable(columns: [
      .init("COMMAND"), .init("POINTS", .right), .init("OF", .right), .init("FAULTS", .right),
      .init("VIOLATIONS", .right),
    ])
    for row in rows {
      table.append(
        row.skipped.map { why in
          [.init(row.scenario.name), .init("-"), .init("-"), .init("-"), .init("skipped: \(why)")]
        } ?? [
          .init(row.scenario.name), .init("\(row.points)"), .init("\(row.allPoints)"),
          .init("\(row.faults)"), .init("\(row.violations.count)"),
        ])
    }
    let names = faults.map(\.rawValue).joined(separator: ",")
    var lines = ["seed \(seed), faults \(names), \(fileSystem)"] + table.lines()
    for violation in violations {
      lines.append("")
      lines.append(
        "\(violation.scenario), \(violation.fault.rawValue) at \(violation.point.line): "
          + violation.what)
      lines.append(
        "  \(program) torture \(violation.scenario) --dir \(folder) "
          + "--faults \(violation.fault.rawValue) --at \(violation.point.text)")
    }
    return lines
  }

  package var json: String {
    var writer = JSONWriter()
    writer.object { object in
      object.member("ok", violations.isEmpty)
      object.member("seed", String(seed))
      object.member("file_system", fileSystem)
      object.key("faults")
      object.array { array in for fault in faults { array.string(fault.rawValue) } }
      object.key("commands")
      object.array { array in for row in rows { array.raw(Self.json(row)) } }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func json(_ row: Row) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      object.member("scenario", row.scenario.name)
      object.member("command", row.scenario.command)
      object.member("points", row.points)
      object.member("all_points", row.allPoints)
      object.member("hidden", row.hidden)
      object.member("faults", row.faults)
      object.member("skipped", row.skipped)
      object.key("violations")
      object.array { array in
        for violation in row.violations {
          array.object { object in
            object.member("fault", violation.fault.rawValue)
            object.member("at", violation.point.text)
            object.member("call", violation.point.line)
            object.member("what", violation.what)
          }
        }
      }
    }
    return writer.bytes
  }
}

package import Shared
package import SystemPackage

/// A ledger in CSV as it was found, and what to add to it.
///
/// People and other programs write these files as well: a file with another header is not touched,
/// and rows that do not fit the header are told and left.
package struct LedgerTable: Sendable {
  package let path: FilePath
  package let table: CSVTable

  /// Reads a ledger's content; none is a ledger without rows.
  ///
  /// - Throws: 65 for another header.
  package init(_ path: FilePath, content: [UInt8]?, header: [String]) throws(JobError) {
    self.path = path
    do throws(CSVTable.ForeignHeader) {
      table = try CSVTable(content ?? [], header: header)
    } catch {
      throw JobError(
        .badData,
        "\(path): the header is '\(error.found.joined(separator: ","))' and not "
          + "'\(header.joined(separator: ","))'; nothing was written")
    }
  }

  /// Adds a row behind the others.
  package func adding(_ cells: [String]) -> IntentStep {
    .append(
      path: path, header: CSVTable.line(table.header, end: table.lineEnd),
      lines: CSVTable.line(cells, end: table.lineEnd))
  }

  /// A line for each row that does not fit, such as `Churn_Ledger.csv: line 4 has 14 cells, not 13`.
  package var warnings: [String] {
    let name = path.lastComponent?.string ?? path.string
    return table.misfits.map { misfit in
      let fault =
        misfit.cells.map { "has \($0) cell\($0 == 1 ? "" : "s"), not \(table.header.count)" }
        ?? "has a quote that is never closed"
      return "\(name): line \(misfit.line) \(fault); it is left as it is"
    }
  }
}

package import Shared

/// `Churn_Ledger.csv`: how much code each window changed.
package enum ChurnLedger {
  package static let fileName = "Churn_Ledger.csv"

  package static let header = [
    "date", "window", "provider", "methodology", "commit_start", "commit_end", "files_changed",
    "insertions", "deletions", "net", "features", "normalized_churn", "notes",
  ]

  /// One row, in the tracker's columns.
  package struct Row: Sendable, Equatable {
    /// The day it was measured on, in UTC.
    package var date: LocalDay
    package var window: String
    package var provider: String
    package var methodology: String
    /// Full ids of commits; empty where there was nothing to compare.
    package var commitStart: String
    package var commitEnd: String
    package var files: Int
    package var insertions: Int
    package var deletions: Int
    package var features: Int
    package var notes: String

    package init(
      date: LocalDay, window: String, provider: String, methodology: String, commitStart: String,
      commitEnd: String, files: Int, insertions: Int, deletions: Int, features: Int, notes: String
    ) {
      self.date = date
      self.window = window
      self.provider = provider
      self.methodology = methodology
      self.commitStart = commitStart
      self.commitEnd = commitEnd
      self.files = files
      self.insertions = insertions
      self.deletions = deletions
      self.features = features
      self.notes = notes
    }

    /// By how many lines the code grew.
    package var net: Int { insertions - deletions }

    /// Lines of growth for each feature; nil without features.
    package var normalized: Double? { features > 0 ? Double(net) / Double(features) : nil }

    package var cells: [String] {
      [
        date.text, window, provider, methodology, commitStart, commitEnd, "\(files)",
        "\(insertions)", "\(deletions)", "\(net)", "\(features)",
        normalized.map(Self.hundredths) ?? "", notes,
      ]
    }

    private static func hundredths(_ value: Double) -> String {
      guard value.magnitude < 1e15 else { return "" }
      let parts = Int64((value * 100).rounded(.toNearestOrEven))
      let fraction = parts.magnitude % 100
      return
        "\(parts < 0 ? "-" : "")\(parts.magnitude / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
  }
}

internal import Shared
package import SystemPackage

/// Where telemetry is read from: the ledger, a file, or what was piped in.
package struct TelemetryLog: Sendable {
  private let content: Content
  private let rules: ProxyRules

  private enum Content: Sendable {
    case file(FilePath, isLedger: Bool)
    case text([UInt8])
  }

  /// The ledger of a workspace.
  package init(ledger: FilePath, rules: ProxyRules) {
    content = .file(ledger, isLedger: true)
    self.rules = rules
  }

  /// A proxy's log, or a ledger under another name.
  package init(file: FilePath, rules: ProxyRules) {
    content = .file(file, isLedger: false)
    self.rules = rules
  }

  /// The same as it was piped in.
  package init(text: [UInt8], rules: ProxyRules) {
    content = .text(text)
    self.rules = rules
  }

  /// Whether it is the ledger, and nothing else.
  package var isLedger: Bool {
    if case .file(_, isLedger: true) = content { return true }
    return false
  }

  /// The summary of a window, or of all; nil where there is no ledger.
  package func summary(window: String?) throws(JobError) -> TelemetrySummary? {
    var tally = TelemetryTally()
    guard let pass = try read(window: window, into: &tally) else { return nil }
    var summary = tally.summary
    summary.pass = pass
    return summary
  }

  /// Gives each event to the sink; nil where there is no ledger.
  ///
  /// - Throws: 66 for a named file that is not there, 65 for what is no file.
  func read<Sink: TelemetrySink>(
    window: String?, into sink: inout Sink
  ) throws(JobError) -> TelemetryPass? {
    switch content {
    case .text(let bytes):
      return try read(.memory(bytes), "standard input", window, into: &sink)
    case .file(let path, let isLedger):
      let file: FileDescriptor
      do {
        // Without waiting: a FIFO would not open before somebody writes to it.
        file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      } catch {
        let reason = error as? Errno ?? .ioError
        guard reason == .noSuchFileOrDirectory else { throw Self.failure(path, reason, "open") }
        if isLedger { return nil }
        throw JobError(.noInput, "\(path): no such file")
      }
      defer { try? file.close() }
      if let kind = (try? Stat(file))?.irregularity {
        throw JobError(.badData, "\(path) is \(kind), not a \(isLedger ? "ledger" : "log")")
      }
      let source = LineBlocks.Source.file(file, size: file.currentSize)
      return try read(source, path, window, into: &sink)
    }
  }

  private func read<Sink: TelemetrySink>(
    _ source: LineBlocks.Source, _ path: FilePath, _ window: String?, into sink: inout Sink
  ) throws(JobError) -> TelemetryPass {
    var rows = StoredRows(source: source, rules: rules)
    rows.window = window
    rows.takesEvents = !isLedger
    do throws(Errno) {
      return try rows.read(into: &sink)
    } catch {
      throw Self.failure(path, error, "read")
    }
  }

  private static func failure(_ path: FilePath, _ reason: Errno, _ operation: String) -> JobError {
    JobError(FileError(operation: operation, path: path, errno: reason))
  }
}

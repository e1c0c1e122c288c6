internal import Dispatch
internal import Shared
internal import Synchronization
internal import SystemPackage

/// What `preview` would work out each time anew, kept by the jobs that write the ledgers.
///
/// Views read it and never write it. It counts only while every file it was made of is as it was; a
/// missing, old or damaged one costs time and nothing else.
package struct PreviewCache: Sendable {
  private let ledgers: BookLedgers
  private let rules: ProxyRules
  /// What pages depend on besides the ledgers.
  private let salt: [String]

  /// The form of the files; another one is not read.
  private static let form = "1"

  /// - Parameters:
  ///   - version: Of the program: another one may show other blocks.
  ///   - zone: The name of the zone that labels are read in.
  package init(ledgers: BookLedgers, rules: ProxyRules, version: String, zone: String) {
    self.ledgers = ledgers
    self.rules = rules
    salt =
      [Self.form, version, zone] + rules.routedNames + [""] + rules.routedLanes + [""]
      + rules.healthyWords
  }

  private var workspace: Workspace { ledgers.workspace }
  private var bookFile: PageFile { PageFile(path: workspace.previewWindows) }
  private var proxyFile: PageFile { PageFile(path: workspace.previewTelemetry) }

  /// What the pages of the book are made of now.
  var bookKey: SourceKey {
    var key = SourceKey(salt: salt)
    for path in ledgers.paths { key.add(path) }
    return key
  }

  // MARK: Reading

  /// The preview of a window, or of all.
  package func preview(window: String?) throws(JobError) -> Preview {
    let book = keptBook(window)
    let proxy = keptProxy(window)
    if let book, let proxy { return Preview(window: window, book: book, proxy: proxy) }
    // The two are of different files, and there are two cores.
    let results = Mutex<(book: Result<BookPage, JobError>?, proxy: Result<ProxyPage, JobError>?)>(
      (book.map { .success($0) }, proxy.map { .success($0) }))
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0, book == nil {
        let result = Result { () throws(JobError) in try readBook(window) }
        results.withLock { $0.book = result }
      } else if index == 1, proxy == nil {
        let result = Result { () throws(JobError) in try readProxy(window) }
        results.withLock { $0.proxy = result }
      }
    }
    let (bookResult, proxyResult) = results.withLock { $0 }
    guard let bookResult, let proxyResult else {
      throw JobError(.software, "the preview was not read")
    }
    return Preview(window: window, book: try bookResult.get(), proxy: try proxyResult.get())
  }

  private func keptBook(_ window: String?) -> BookPage? {
    guard let bytes = bookFile.page(window ?? "", key: bookKey.value) else { return nil }
    return bytes.isEmpty ? BookPage(WindowBook(), only: window) : BookPage(cached: bytes)
  }

  private func readBook(_ window: String?) throws(JobError) -> BookPage {
    BookPage(try ledgers.book(), only: window)
  }

  private func keptProxy(_ window: String?) -> ProxyPage? {
    guard let (file, status) = openTelemetry() else { return nil }
    defer { try? file.close() }
    if let bytes = proxyFile.page(window ?? "", key: key(of: file)) {
      return bytes.isEmpty ? ProxyPage(nil, of: window) : ProxyPage(cached: bytes)
    }
    // Some rows more than were counted: they alone are read.
    guard let known = keptBook(of: status), known.end > status.size / 2 else { return nil }
    return (try? known.going(on: file, status, rules))?.page(window)
  }

  private func readProxy(_ window: String?) throws(JobError) -> ProxyPage {
    let log = TelemetryLog(ledger: workspace.proxyTelemetry, rules: rules)
    return ProxyPage(try log.summary(window: window), of: window)
  }

  private func keptBook(of status: Stat) -> TelemetryBook? {
    let bytes = StateFile.read(workspace.telemetryCells)
    guard let book = TelemetryBook(cached: bytes, salt: SourceKey(salt: salt).value),
      book.identity == status.identity, book.end <= status.size
    else { return nil }
    return book
  }

  private func openTelemetry() -> (file: FileDescriptor, status: Stat)? {
    guard
      let file = try? FileDescriptor.open(
        workspace.proxyTelemetry, .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return nil }
    guard let status = try? Stat(file), status.irregularity == nil else {
      try? file.close()
      return nil
    }
    return (file, status)
  }

  private func key(of file: FileDescriptor) -> UInt64 {
    var key = SourceKey(salt: salt)
    key.add(file)
    return key.value
  }

  // MARK: Writing

  /// Makes what is no longer so anew; for jobs that have written, and never for views.
  ///
  /// What fails is left as it was: the files themselves are there.
  ///
  /// - Parameter isBusy: Whether the run has had work to do. Telemetry of which much is new is left
  ///   to a run without then: the first reading of a long log is to wait for its rows alone.
  package func renew(isBusy: Bool = false) {
    renewBook()
    renewTelemetry(isBusy)
  }

  private func renewBook() {
    // Taken before the files are read: what is written meanwhile makes it another.
    let key = bookKey
    guard key.hasFiles, !bookFile.isOf(key.value), let book = try? ledgers.book() else { return }
    let pages =
      [("", BookPage(book, only: nil).cached)]
      + book.windows.map { ($0.name, BookPage(book, only: $0.name).cached) }
    try? bookFile.write(pages, key: key.value)
  }

  private func renewTelemetry(_ isBusy: Bool) {
    guard let (file, status) = openTelemetry() else { return }
    defer { try? file.close() }
    let key = key(of: file)
    guard !proxyFile.isOf(key) else { return }
    let known = keptBook(of: status)
    guard !isBusy || status.size - (known?.end ?? 0) <= TelemetryBook.longestTail,
      let book = try? TelemetryBook.of(file, status, known: known, rules: rules)
    else { return }
    if let cells = book.cached(salt: SourceKey(salt: salt).value) {
      try? StateFile.write(cells, to: workspace.telemetryCells)
    }
    try? proxyFile.write(book.pages.map { ($0.name, $0.page.cached) }, key: key)
  }
}

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
    // The two are of different files, and there are two cores. Telemetry divides itself among them,
    // which it could not as a part of something that is divided already.
    let bookResult = Mutex<Result<BookPage, JobError>?>(book.map { .success($0) })
    let reading = DispatchGroup()
    if book == nil {
      DispatchQueue.global().async(group: reading) {
        let result = Result { () throws(JobError) in try readBook(window) }
        bookResult.withLock { $0 = result }
      }
    }
    let proxyResult = Result { () throws(JobError) in
      if let proxy { proxy } else { try readProxy(window) }
    }
    reading.wait()
    guard let bookResult = bookResult.withLock({ $0 }) else {
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

  /// The steps of a file system's clock, in nanoseconds; most have 1 to 10 ms, some none.
  private static let step: Int64 = 12_000_000

  /// Waits until a change would show in a file's times.
  ///
  /// One that has changed just now may change once more and bear the same time: what is read then would
  /// be kept for what it has become.
  private func passStep(since change: Int64) {
    let wait = change + Self.step - Clock.system.now().milliseconds * 1_000_000
    // A time to come is of another machine's clock.
    guard wait > 0, wait <= Self.step + 1_000_000 else { return }
    Waiting.live.sleep(.nanoseconds(wait))
  }

  private func renewBook() {
    // Taken before the files are read: what is written meanwhile makes it another.
    var key = bookKey
    guard key.hasFiles, !bookFile.isOf(key.value) else { return }
    passStep(since: key.newestChange)
    key = bookKey
    guard let book = try? ledgers.book() else { return }
    let pages =
      [("", BookPage(book, only: nil).cached)]
      + book.windows.map { ($0.name, BookPage(book, only: $0.name).cached) }
    try? bookFile.write(pages, key: key.value)
  }

  private func renewTelemetry(_ isBusy: Bool) {
    guard let (file, found) = openTelemetry() else { return }
    defer { try? file.close() }
    guard !proxyFile.isOf(key(of: file)) else { return }
    if isBusy, found.size - (keptBook(of: found)?.end ?? 0) > TelemetryBook.longestTail { return }
    passStep(since: found.changeNanoseconds)
    let key = key(of: file)
    guard let status = try? Stat(file),
      let book = try? TelemetryBook.of(
        file, status, known: keptBook(of: status), rules: rules)
    else { return }
    if let cells = book.cached(salt: SourceKey(salt: salt).value) {
      try? StateFile.write(cells, to: workspace.telemetryCells)
    }
    try? proxyFile.write(book.pages.map { ($0.name, $0.page.cached) }, key: key)
  }
}

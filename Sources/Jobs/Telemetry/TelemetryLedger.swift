internal import Shared
internal import SystemPackage

/// `proxy_telemetry.jsonl`: one row an event, each event once, whoever appends beside us.
///
/// What is stored is known by the events' ids alone. They are read from the index and, from where
/// that ends, from the ledger itself: at the start without a lock, and once more under the ledger's
/// lock just before rows are added, which is all that is done under it.
struct TelemetryLedger: ~Copyable {
  private let log: AppendLog
  private let index: EventIndexFile
  private(set) var ids = EventIDSet()
  /// The ledger up to here is known.
  private var covered: Int64 = 0
  /// Its length when it was last looked at.
  private var size: Int64 = 0
  private var identity: FileIdentity?
  /// Behind the last block of the index that is good; 0 where it must be made anew.
  private var indexEnd: Int64 = 0
  /// What is known of the ledger behind the index's last block.
  private var pending = EventIndexBlock(0..<0)
  private var hasRows = false
  /// Events that came again in this run; kept only where they may be given a window by it.
  private var repeated: Set<UInt64>?

  /// - Parameter keepsRepeated: Whether events that come again will be given a window.
  init(workspace: Workspace, world: World, job: String, keepsRepeated: Bool = false) {
    repeated = keepsRepeated ? [] : nil
    log = AppendLog(
      path: workspace.proxyTelemetry, locks: workspace.locks, tornTail: .seal,
      durability: world.durability, lockWait: .seconds(30),
      newFileMode: [.ownerReadWrite, .groupRead, .otherRead], context: world.locks(for: job))
    index = EventIndexFile(path: workspace.telemetryIndex)
  }

  /// Which file it is and how long; nil where there is none.
  static func version(_ workspace: Workspace) throws(JobError) -> FileVersion? {
    try checked { () throws(FileError) in try FileVersion.current(of: workspace.proxyTelemetry) }
  }

  // MARK: Knowing what is there

  /// Reads what is stored, without a lock.
  ///
  /// - Parameter expected: How many events may come.
  mutating func load(expecting expected: Int) throws(JobError) {
    let path = log.path
    guard let file = try open(path) else { return }
    defer { try? file.close() }
    let status = try status(of: file)
    identity = status.identity
    var end: Int64 = 0
    indexEnd = index.read(of: status.identity) { block in
      for id in block.ids { _ = ids.insert(EventID(bits: id)) }
      end = max(end, block.range.upperBound)
    } fits: { offset, hash, count in
      guard offset <= status.size, (try? Self.tailHash(file, before: offset)) == hash else {
        return false
      }
      ids = EventIDSet(reserving: count + expected)
      return true
    }
    if indexEnd == 0 { end = 0 }
    covered = end
    pending = EventIndexBlock(end..<end)
    try catchUp(file, to: status.size, takingTornLine: false)
  }

  /// Reads what was appended since; the caller holds the lock, or leaves a torn last line.
  private mutating func catchUp(
    _ file: FileDescriptor, to size: Int64, takingTornLine: Bool
  ) throws(JobError) {
    self.size = size
    guard size > covered else { return }
    var scan = LedgerScan()
    var blocks = LineBlocks(
      .file(file, size: Int(size)), from: Int(covered), longestLine: StoredRows.longestRow)
    do throws(Errno) {
      while let block = try blocks.next() {
        if blocks.lacksEnd, !takingTornLine { break }
        let known = pending.ids.count
        scan.read(block, into: &pending)
        for id in pending.ids[known...] { _ = ids.insert(EventID(bits: id)) }
        if !blocks.lacksEnd { covered = Int64(blocks.offset + block.count) }
      }
    } catch {
      throw JobError(FileError(operation: "read", path: log.path, errno: error))
    }
    pending.range = pending.range.lowerBound..<covered
  }

  /// Brings our knowledge up to date under the lock.
  private mutating func refresh() throws(JobError) {
    let path = log.path
    guard let file = try open(path) else {
      if identity != nil { forget() }
      return
    }
    defer { try? file.close() }
    let status = try status(of: file)
    if identity != status.identity || status.size < covered {
      forget()
      identity = status.identity
    }
    try catchUp(file, to: status.size, takingTornLine: true)
  }

  /// The ledger is another one now.
  private mutating func forget() {
    ids.removeAll()
    covered = 0
    size = 0
    identity = nil
    indexEnd = 0
    pending = EventIndexBlock(0..<0)
  }

  // MARK: Adding

  /// What an addition brought.
  struct Added {
    var events = 0
    var requests = 0
  }

  /// Adds the rows whose events are not stored yet, in one write.
  mutating func append(_ batch: inout EventBatch) throws(JobError) -> Added {
    guard !batch.entries.isEmpty else { return Added() }
    var added = Added()
    try prepare()
    try appendLocked { ledger throws(JobError) in
      batch.keep { entry in
        guard ledger.ids.insert(entry.id) else {
          ledger.repeated?.insert(entry.id.bits)
          return false
        }
        ledger.pending.ids.append(entry.id.bits)
        if let at = entry.unassignedAt { ledger.pending.unassigned.append((entry.id.bits, at)) }
        added.events += 1
        if entry.isFinished { added.requests += 1 }
        return true
      }
      return batch.rows.bytes
    }
    return added
  }

  /// Gives the events that came again, and have no window yet, the one the run was given.
  ///
  /// - Returns: To how many.
  mutating func assignRepeated(
    to window: String, writer: inout TelemetryRowWriter
  ) throws(JobError) -> Int {
    guard let repeated, !repeated.isEmpty else { return 0 }
    return try assign(writer: &writer) { id, _ in repeated.contains(id) ? window : nil }
  }

  /// Gives windows to events that have none and came while one was open.
  ///
  /// - Returns: To how many.
  mutating func assign(
    _ segments: WindowSegments, writer: inout TelemetryRowWriter
  ) throws(JobError) -> Int {
    guard !segments.isEmpty else { return 0 }
    return try assign(writer: &writer) { _, at in segments.window(at: at) }
  }

  private mutating func assign(
    writer: inout TelemetryRowWriter, window: (_ id: UInt64, _ at: Int64) -> String?
  ) throws(JobError) -> Int {
    guard identity != nil else { return 0 }
    var rows = RowBuffer(capacity: 64 << 10)
    var count = 0
    try appendLocked { ledger throws(JobError) in
      for event in ledger.unassigned() {
        guard let window = window(event.id, event.at) else { continue }
        writer.writeAssignment(
          of: EventID(bits: event.id), at: event.at, to: window, rows: &rows)
        ledger.pending.assigned.append(event.id)
        count += 1
      }
      return rows.bytes
    }
    return count
  }

  /// The events without a window.
  private func unassigned() -> [(id: UInt64, at: Int64)] {
    var found: [(id: UInt64, at: Int64)] = []
    var assigned: Set<UInt64> = []
    func look(_ block: EventIndexBlock) {
      found += block.unassigned
      assigned.formUnion(block.assigned)
    }
    if indexEnd > 0, let identity {
      _ = index.read(of: identity, block: look, fits: { _, _, _ in true })
    }
    look(pending)
    return found.filter { assigned.insert($0.id).inserted }
  }

  private func prepare() throws(JobError) {
    try StateFile.makeFolder(log.path.folder)
    try StateFile.makeFolder(log.locks)
  }

  /// Decides on what is there, appends, and notes it in the index.
  private mutating func appendLocked(
    _ decide: (inout TelemetryLedger) throws(JobError) -> UnsafeRawBufferPointer
  ) throws(JobError) {
    var failure: JobError?
    let log = log
    do throws(FileError) {
      try log.appendUnsynced { () throws(FileError) in
        do throws(JobError) {
          try refresh()
          return try decide(&self)
        } catch {
          failure = error
          return UnsafeRawBufferPointer(start: nil, count: 0)
        }
      } appended: { range in
        note(range)
      }
    } catch {
      throw JobError(error)
    }
    if let failure { throw failure }
  }

  /// Takes what was appended into what is known, and into the index.
  private mutating func note(_ range: Range<Int64>?) {
    guard let file = (try? open(log.path)) ?? nil else { return }
    defer { try? file.close() }
    if let range {
      if identity == nil { identity = (try? Stat(file))?.identity }
      hasRows = true
      // Behind what another program appended without our lock, the next look reads ours as well.
      if range.lowerBound == size || range.lowerBound == size + 1 { covered = range.upperBound }
    }
    pending.range = pending.range.lowerBound..<covered
    guard !pending.range.isEmpty, let identity,
      let hash = try? Self.tailHash(file, before: covered)
    else { return }
    // A help and no more: what cannot be written of it is read from the ledger again. What others
    // put behind our end meanwhile is in our block as well.
    let end = try? index.append(pending, at: indexEnd, of: identity, tailHash: hash)
    guard let end else { return }
    indexEnd = end
    pending = EventIndexBlock(covered..<covered)
  }

  /// Pushes the rows to the disk.
  mutating func sync() throws(JobError) {
    guard hasRows else { return }
    let log = log
    try checked { () throws(FileError) in try log.sync() }
  }

  // MARK: Files

  /// A hash of the last bytes before an offset.
  private static func tailHash(
    _ file: FileDescriptor, before offset: Int64
  ) throws(Errno) -> UInt64 {
    let length = Int(min(offset, 512))
    let tail = try file.bytes(from: Int(offset) - length, upTo: length)
    return tail.withUnsafeBytes { ContentHash.of($0) }
  }

  private func status(of file: FileDescriptor) throws(JobError) -> Stat {
    do throws(Errno) {
      return try Stat(file)
    } catch {
      throw JobError(FileError(operation: "stat", path: log.path, errno: error))
    }
  }

  private func open(_ path: FilePath) throws(JobError) -> FileDescriptor? {
    do {
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      let reason = error as? Errno ?? .ioError
      if reason == .noSuchFileOrDirectory { return nil }
      throw JobError(FileError(operation: "open", path: path, errno: reason))
    }
  }
}

/// Turns a failed system call into the end of a job.
func checked<Result>(_ body: () throws(FileError) -> Result) throws(JobError) -> Result {
  do throws(FileError) {
    return try body()
  } catch {
    throw JobError(error)
  }
}

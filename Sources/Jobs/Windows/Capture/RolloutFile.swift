internal import Shared
internal import SystemPackage

/// What one rollout file said, up to the last whole line that was read of it.
struct RolloutFile: Sendable {
  /// The state in which it was read.
  var version: FileVersion
  /// When that state came about, content or name, in nanoseconds since 1970.
  var changed: Int64
  /// Whether a later change must show in the times: not so when it was read just after one.
  var isSettled: Bool
  /// Behind the last whole line that was read.
  var offset: Int64
  /// Of what is before the offset.
  var fingerprint: UInt64
  /// The Codex that began the file.
  var clientVersion: String?
  /// The newest row that tells of the subscription.
  var newest: Newest?
  var windows: [RolloutObservation] = []
  /// All this as it stands in the memory, for as long as it is the same.
  var memoryText: ArraySlice<UInt8>?

  struct Newest: Sendable {
    var capturedAt: Timestamp
    /// The row's `rate_limits`, to be read once it is wanted.
    var rateLimits: ArraySlice<UInt8>
  }

  /// Takes in the newest of the rows that were read, if no other is newer.
  mutating func take(newest row: RolloutRow) {
    guard newest.map({ $0.capturedAt <= row.capturedAt }) ?? true else { return }
    let text = Array(row.rawText.utf8)
    if !text.isEmpty { newest = Newest(capturedAt: row.capturedAt, rateLimits: text[...]) }
  }

  /// What must be done to know a file whose state is now another.
  enum Step {
    /// Nothing: it is as it was.
    case keep
    /// Read what follows the offset, if what is before it has the same fingerprint.
    case goOn
    case readAnew
  }

  func step(to version: FileVersion, changed: Int64) -> Step {
    guard version.identity == self.version.identity, version.size >= self.version.size else {
      return .readAnew
    }
    if version.size > self.version.size { return .goOn }
    // As long as it was, and perhaps written to: only a look at all of it tells what.
    return isSettled && version == self.version && changed == self.changed ? .keep : .readAnew
  }
}

/// Reads rollout files, one after the other.
struct RolloutReader: ~Copyable {
  private let lines = KeyedLines(
    keys: ["\"rate_limits\""], longestLine: RolloutRow.longest)
  /// A state that is younger may change once more without showing in the times.
  private static let settling: Int64 = 2_000_000_000

  /// Reads what is new in a file; nil when it has vanished or is no regular file.
  func read(
    _ path: String, known: RolloutFile?, now: Timestamp
  ) throws(Errno) -> RolloutFile? {
    guard let file = try open(path) else { return nil }
    defer { try? file.close() }
    let status = try Stat(file)
    guard status.type == .regular else { return nil }
    var result = try start(file, status, known: known)
    var newest: RolloutRow?
    let end = try lines.read(file, result.offset..<status.size) { line in
      guard let row = RolloutRow(line: line) else { return }
      result.windows.add(row)
      let isNewer = newest.map { $0.capturedAt <= row.capturedAt } ?? true
      if row.isMain, isNewer { newest = row }
    }
    if let newest { result.take(newest: newest) }
    if end != result.offset { result.fingerprint = try fingerprint(file, before: end) }
    result.offset = end
    result.isSettled = result.changed / 1_000_000 + Self.settling / 1_000_000 < now.milliseconds
    return result
  }

  private func open(_ path: String) throws(Errno) -> FileDescriptor? {
    do {
      return try FileDescriptor.open(
        FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      let reason = error as? Errno ?? .ioError
      if reason == .noSuchFileOrDirectory { return nil }
      throw reason
    }
  }

  /// Where to begin, and with what.
  private func start(
    _ file: FileDescriptor, _ status: Stat, known: RolloutFile?
  ) throws(Errno) -> RolloutFile {
    let version = status.version
    let changed = status.changeNanoseconds
    // Without a whole line not even the head is known.
    if var known, known.offset > 0, known.step(to: version, changed: changed) != .readAnew,
      try fingerprint(file, before: known.offset) == known.fingerprint
    {
      known.version = version
      known.changed = changed
      known.memoryText = nil
      return known
    }
    return RolloutFile(
      version: version, changed: changed, isSettled: false, offset: 0,
      fingerprint: try fingerprint(file, before: 0),
      clientVersion: RolloutHead.clientVersion(try file.bytes(from: 0, upTo: 4096)))
  }

  /// A hash of the first and of the last KiB before an offset.
  private func fingerprint(_ file: FileDescriptor, before offset: Int64) throws(Errno) -> UInt64 {
    let length = Int(min(offset, 1024))
    let head = try file.bytes(from: 0, upTo: length)
    let tail = try file.bytes(from: Int(offset) - length, upTo: length)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in head { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    for byte in tail { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
  }
}

/// The first line of a rollout, its `session_meta`.
enum RolloutHead {
  /// The version of the Codex that began the file, where it stands within the first bytes.
  static func clientVersion(_ head: [UInt8]) -> String? {
    let line = head.prefix { $0 != UInt8(ascii: "\n") }
    let text = String(decoding: line, as: UTF8.self)
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    guard parts.contains("session_meta"), let key = parts.firstIndex(of: "cli_version"),
      key + 2 < parts.count, parts[key + 1].allSatisfy({ $0 == ":" || $0 == " " })
    else { return nil }
    let version = parts[key + 2]
    let isPlain = version.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "+"):
        true
      default: false
      }
    }
    return isPlain && (1...40).contains(version.utf8.count) ? String(version) : nil
  }
}

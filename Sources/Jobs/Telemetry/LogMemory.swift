internal import Shared
internal import SystemPackage

/// How far the proxy's log was read, and what the run looked at besides.
struct LogMemory: Equatable {
  var path: String
  /// The state in which the log was read.
  var version: FileVersion
  /// When that state came about, in nanoseconds since 1970.
  var changed: Int64
  /// Whether a later change must show in the times: not so when it was read just after one.
  var isSettled: Bool
  /// Behind the last whole line that was read.
  var offset: Int64
  /// Of what is before the offset.
  var fingerprint: UInt64
  /// How many lines are before the offset.
  var lines: Int
  /// The log that stood here before, which its writer may not have left yet.
  var older: Older?
  /// The ledger afterwards: rows that were taken out of it by hand come again.
  var ledger: FileVersion?
  /// Whether what is before the offset is stored; not kept.
  private(set) var isPlaced = true
  /// The snapshots that told which window was open.
  var snapshots: FileVersion?

  /// How far a log was read that bears another name now.
  struct Older: Equatable {
    var name: String
    var identity: FileIdentity
    var offset: Int64
    var lines: Int
  }

  /// A state that is younger may change once more without showing in the times.
  static let settling: Int64 = 2_000_000_000

  /// Takes what was read for unread: which log it was is all that is still known.
  mutating func forgetPlaces() { isPlaced = false }

  /// Where to go on in the log.
  var place: LogPart.Place {
    isPlaced ? LogPart.Place(offset: offset, lines: lines) : LogPart.Place(offset: 0, lines: 0)
  }

  enum Step {
    /// Nothing: it is as it was.
    case keep
    /// Read what follows the offset, if what is before it has the same fingerprint.
    case goOn
    case readAnew
  }

  /// What must be done to know a log whose state is now another.
  func step(to status: Stat) -> Step {
    let now = status.version
    guard now.identity == version.identity, now.size >= version.size else { return .readAnew }
    if now.size > version.size { return .goOn }
    // As long as it was, and perhaps written to: only a look at all of it tells what.
    guard now == version, status.changeNanoseconds == changed else { return .readAnew }
    return isSettled ? .keep : .goOn
  }

  /// A hash of the first and of the last bytes before an offset.
  static func fingerprint(
    _ file: FileDescriptor, before offset: Int64
  ) throws(Errno) -> UInt64 {
    let length = Int(min(offset, 4_096))
    let head = try file.bytes(from: 0, upTo: length)
    let tail = try file.bytes(from: Int(offset) - length, upTo: length)
    return (head + tail).withUnsafeBytes { ContentHash.of($0) }
  }
}

// MARK: - The file's form

extension LogMemory {
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("path", path)
      version.write("log", into: &writer)
      writer.member("changed", Int(changed))
      writer.member("settled", isSettled)
      writer.member("offset", Int(offset))
      writer.member("lines", lines)
      writer.member("fingerprint", EventID(bits: fingerprint).text)
      if let older {
        writer.key("older")
        older.write(into: &writer)
      }
      ledger?.write("ledger", into: &writer)
      snapshots?.write("snapshots", into: &writer)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// Nil when it is none of ours, or damaged: the log is then read from its beginning.
  init?(json: [UInt8]) {
    var scanner = JSONScanner(json)
    guard let memory = try? Self.read(&scanner) else { return nil }
    self = memory
  }

  private static func read(_ scanner: inout JSONScanner) throws(JSONError) -> LogMemory? {
    guard try scanner.enterObject() else { return nil }
    var path: String?
    var numbers: [String: Int] = [:]
    var fingerprint: EventID?
    var versions: [String: FileVersion] = [:]
    var isSettled = false
    var older: Older?
    while try scanner.nextKey() {
      let key = scanner.text()
      switch key {
      case "path": path = try scanner.nextString()
      case "fingerprint": fingerprint = try scanner.nextString().flatMap { EventID(text: $0) }
      case "older": older = try Older.read(&scanner)
      case "settled": isSettled = try scanner.nextBool() ?? false
      case "log", "ledger", "snapshots": versions[key] = try FileVersion.read(&scanner)
      default: numbers[key] = try scanner.nextInteger()
      }
    }
    guard let path, let fingerprint, let version = versions["log"],
      let changed = numbers["changed"], let offset = numbers["offset"], offset >= 0,
      Int64(offset) <= version.size, let lines = numbers["lines"], lines >= 0
    else { return nil }
    return LogMemory(
      path: path, version: version, changed: Int64(changed), isSettled: isSettled,
      offset: Int64(offset), fingerprint: fingerprint.bits, lines: lines, older: older,
      ledger: versions["ledger"], snapshots: versions["snapshots"])
  }
}

extension LogMemory.Older {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", name)
      writer.member("device", Int(bitPattern: UInt(identity.device)))
      writer.member("inode", Int(bitPattern: UInt(identity.inode)))
      writer.member("offset", Int(offset))
      writer.member("lines", lines)
    }
  }

  fileprivate static func read(_ scanner: inout JSONScanner) throws(JSONError) -> Self? {
    guard try scanner.enterObject() else { return nil }
    var numbers: [String: Int] = [:]
    var name: String?
    while try scanner.nextKey() {
      let key = scanner.text()
      if key == "name" {
        name = try scanner.nextString()
      } else {
        numbers[key] = try scanner.nextInteger()
      }
    }
    guard let name, let device = numbers["device"], let inode = numbers["inode"],
      let offset = numbers["offset"], offset >= 0, let lines = numbers["lines"], lines >= 0
    else { return nil }
    return Self(
      name: name,
      identity: FileIdentity(
        device: UInt64(UInt(bitPattern: device)), inode: UInt64(UInt(bitPattern: inode))),
      offset: Int64(offset), lines: lines)
  }
}

extension FileVersion {
  fileprivate func write(_ name: String, into writer: inout JSONWriter) {
    writer.key(name)
    writer.object { writer in
      writer.member("device", Int(bitPattern: UInt(identity.device)))
      writer.member("inode", Int(bitPattern: UInt(identity.inode)))
      writer.member("size", Int(size))
      writer.member("modified", Int(modified))
    }
  }

  fileprivate static func read(_ scanner: inout JSONScanner) throws(JSONError) -> FileVersion? {
    guard try scanner.enterObject() else { return nil }
    var numbers: [String: Int] = [:]
    while try scanner.nextKey() {
      let key = scanner.text()
      numbers[key] = try scanner.nextInteger()
    }
    guard let device = numbers["device"], let inode = numbers["inode"], let size = numbers["size"],
      let modified = numbers["modified"]
    else { return nil }
    return FileVersion(
      identity: FileIdentity(
        device: UInt64(UInt(bitPattern: device)), inode: UInt64(UInt(bitPattern: inode))),
      size: Int64(size), modified: Int64(modified))
  }
}

internal import Shared

/// The memory of what was read, as a file of our own that can be lost: then all is read once more.
///
/// Files are known by their numbers, not by their names: another file of the same name is another.
enum RolloutMemory {
  private static let version = 1

  static func encoded(_ files: [RolloutFile]) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: files.count * 1024)
    writer.object { writer in
      writer.member("version", Self.version)
      writer.key("files")
      writer.array { writer in
        for file in files {
          if let text = file.memoryText { writer.raw(Array(text)) } else { encode(file, &writer) }
        }
      }
    }
    return writer.bytes
  }

  /// What was read so far; nothing when the text is damaged, or another version's.
  static func decoded(_ bytes: [UInt8]) -> [FileIdentity: RolloutFile] {
    guard !bytes.isEmpty, let files = try? files(bytes) else { return [:] }
    return files
  }

  // MARK: One file

  /// An array and not an object: thousands of files are read at each run.
  private static func encode(_ file: RolloutFile, _ writer: inout JSONWriter) {
    writer.array { writer in
      writer.integer(Int(truncatingIfNeeded: file.version.identity.device))
      writer.integer(Int(truncatingIfNeeded: file.version.identity.inode))
      writer.integer(Int(file.version.size))
      writer.integer(Int(file.version.modified))
      writer.integer(Int(file.changed))
      writer.integer(file.isSettled ? 1 : 0)
      writer.integer(Int(file.offset))
      writer.integer(Int(truncatingIfNeeded: file.fingerprint))
      writer.string(file.clientVersion ?? "")
      writer.array { writer in
        guard let newest = file.newest else { return }
        writer.integer(Int(newest.capturedAt.milliseconds))
        writer.raw(Array(newest.rateLimits))
      }
      writer.array { writer in
        for window in file.windows {
          writer.integer(window.minutes)
          writer.integer(Int(window.anchor.milliseconds))
          writer.integer(Int(window.lastRowAt.milliseconds))
          encode(window.best, &writer)
          encode(window.first, &writer)
          encode(window.settled, &writer)
        }
      }
    }
  }

  private static func encode(
    _ seen: RolloutObservation.Sighting?, _ writer: inout JSONWriter
  ) {
    writer.array { writer in
      guard let seen else { return }
      writer.integer(Int(seen.capturedAt.milliseconds))
      writer.double(seen.usedPercent)
      writer.integer(Int(seen.resetsAt.milliseconds))
      for other in seen.others {
        writer.integer(other.minutes)
        writer.double(other.usedPercent)
        writer.integer(Int(other.resetsAt?.milliseconds ?? -1))
      }
    }
  }

  private static func files(_ bytes: [UInt8]) throws(JSONError) -> [FileIdentity: RolloutFile]? {
    var reader = Reader(bytes: bytes)
    var files: [FileIdentity: RolloutFile] = [:]
    var isOurs = false
    guard try reader.scanner.enterObject() else { return nil }
    while try reader.scanner.nextKey() {
      if reader.scanner.keyIs("version") {
        isOurs = try reader.scanner.nextInteger() == version
      } else if isOurs, reader.scanner.keyIs("files") {
        files = try reader.files()
      } else {
        return nil
      }
    }
    _ = try reader.scanner.next()
    return isOurs ? files : nil
  }

  /// Reads what ``encode(_:_:)`` wrote; anything else is an error.
  private struct Reader: ~Copyable {
    let bytes: [UInt8]
    var scanner: JSONScanner

    init(bytes: [UInt8]) {
      self.bytes = bytes
      scanner = JSONScanner(bytes, window: 64 << 10)
    }

    mutating func files() throws(JSONError) -> [FileIdentity: RolloutFile] {
      var files: [FileIdentity: RolloutFile] = [:]
      files.reserveCapacity(bytes.count / 512)
      guard try scanner.enterArray() else { throw foreign }
      while try scanner.nextElement() {
        let start = scanner.position
        var file = try file()
        file.memoryText = bytes[start..<scanner.position]
        files[file.version.identity] = file
      }
      return files
    }

    private mutating func file() throws(JSONError) -> RolloutFile {
      guard try scanner.enterArray() else { throw foreign }
      let identity = FileIdentity(
        device: UInt64(bitPattern: Int64(try integer())),
        inode: UInt64(bitPattern: Int64(try integer())))
      let version = FileVersion(
        identity: identity, size: Int64(try integer()), modified: Int64(try integer()))
      var file = RolloutFile(
        version: version, changed: Int64(try integer()), isSettled: try integer() == 1,
        offset: Int64(try integer()), fingerprint: UInt64(bitPattern: Int64(try integer())))
      guard try scanner.nextElement(), let client = try scanner.nextString() else { throw foreign }
      file.clientVersion = client.isEmpty ? nil : client
      file.newest = try newest()
      file.windows = try windows()
      guard try !scanner.nextElement(), (0...version.size).contains(file.offset) else {
        throw foreign
      }
      return file
    }

    private mutating func newest() throws(JSONError) -> RolloutFile.Newest? {
      guard try scanner.nextElement(), try scanner.enterArray() else { throw foreign }
      guard try scanner.nextElement() else { return nil }
      guard let milliseconds = try scanner.nextInteger(), try scanner.nextElement() else {
        throw foreign
      }
      let range = try scanner.skipValue()
      guard try !scanner.nextElement() else { throw foreign }
      return RolloutFile.Newest(
        capturedAt: Timestamp(milliseconds: Int64(milliseconds)), rateLimits: bytes[range])
    }

    private mutating func windows() throws(JSONError) -> [RolloutObservation] {
      guard try scanner.nextElement(), try scanner.enterArray() else { throw foreign }
      var windows: [RolloutObservation] = []
      while try scanner.nextElement() {
        guard let minutes = try scanner.nextInteger() else { throw foreign }
        let anchor = try moment()
        let lastRowAt = try moment()
        guard let best = try sighting(), let first = try sighting() else { throw foreign }
        windows.append(
          RolloutObservation(
            minutes: minutes, anchor: anchor, best: best, first: first, settled: try sighting(),
            lastRowAt: lastRowAt))
      }
      return windows
    }

    /// Nil for an empty array.
    private mutating func sighting() throws(JSONError) -> RolloutObservation.Sighting? {
      guard try scanner.nextElement(), try scanner.enterArray() else { throw foreign }
      guard try scanner.nextElement() else { return nil }
      guard let capturedAt = try scanner.nextInteger() else { throw foreign }
      let percent = try double()
      let resetsAt = try moment()
      var others: [RolloutObservation.Other] = []
      while try scanner.nextElement() {
        guard let minutes = try scanner.nextInteger() else { throw foreign }
        let percent = try double()
        let end = try integer()
        others.append(
          .init(
            minutes: minutes, usedPercent: percent,
            resetsAt: end < 0 ? nil : Timestamp(milliseconds: Int64(end))))
      }
      return RolloutObservation.Sighting(
        capturedAt: Timestamp(milliseconds: Int64(capturedAt)), usedPercent: percent,
        resetsAt: resetsAt, others: others)
    }

    private mutating func double() throws(JSONError) -> Double {
      guard try scanner.nextElement(), let value = try scanner.nextDouble() else { throw foreign }
      return value
    }

    private mutating func moment() throws(JSONError) -> Timestamp {
      Timestamp(milliseconds: Int64(try integer()))
    }

    private mutating func integer() throws(JSONError) -> Int {
      guard try scanner.nextElement(), let value = try scanner.nextInteger() else { throw foreign }
      return value
    }

    private var foreign: JSONError { JSONError(kind: .outOfPlace, offset: scanner.position) }
  }
}

internal import Shared
package import SystemPackage

/// Reads a session export from a file in one pass and bounded memory.
///
/// Plugins print to the same output: the export is the first JSON object with an array of
/// `messages`, wherever it begins and whatever follows it.
package enum ExportReader {
  /// - Throws: `.truncated` when an export begins and does not end, `.wrongShape` when there is
  ///   none at all.
  package static func read(_ file: FileDescriptor, size: Int) throws(ExportFailure) -> SessionExport
  {
    var scanner = JSONScanner(reading: file)
    scanner.toleratesInvalidUTF8 = true
    var candidates = BraceFinder(file: file)
    var effort = maximumPasses * max(size, 64 << 10)
    var from = 0
    while effort > 0, let start = candidates.next(from: from) {
      scanner.restart(at: start)
      switch attempt(&scanner) {
      case .export(let export): return export
      case .otherDocument: from = scanner.position
      case .noDocument:
        effort -= scanner.position - start
        from = start + 1
      case .cutOff(let looksLikeExport):
        if looksLikeExport { throw .truncated(bytes: size) }
        effort -= scanner.position - start
        from = start + 1
      }
    }
    throw .wrongShape(size == 0 ? "it is empty" : "it has no object with messages")
  }

  /// How often a reply may be gone through in vain before it is given up.
  ///
  /// A log line fails at its first bytes; only nested objects that never close, or break far behind
  /// their beginning, are read again and again, each time from the next brace.
  private static let maximumPasses = 8

  private enum Attempt {
    case export(SessionExport)
    case otherDocument
    case noDocument
    case cutOff(looksLikeExport: Bool)
  }

  private static func attempt(_ scanner: inout JSONScanner) -> Attempt {
    var reader = MessageReader()
    var hasMessages = false
    var hasInfo = false
    do {
      _ = try scanner.next()
      while try scanner.nextKey() {
        if scanner.keyIs("messages"), try scanner.peekKind() == .array {
          hasMessages = true
          try reader.readMessages(&scanner)
        } else if scanner.keyIs("info"), try scanner.peekKind() == .object {
          hasInfo = true
          try reader.readSessionInfo(&scanner)
        } else {
          try scanner.skipValue()
        }
      }
    } catch {
      guard error.kind == .unexpectedEnd else { return .noDocument }
      return .cutOff(looksLikeExport: hasMessages || hasInfo)
    }
    return hasMessages ? .export(reader.export) : .otherDocument
  }
}

/// Finds the places where an object may begin.
private struct BraceFinder {
  private let file: FileDescriptor
  private var window: [UInt8] = []
  private var windowStart = 0

  init(file: FileDescriptor) {
    self.file = file
  }

  /// The offset of the next `{` at or after `offset`; nil at the end of the file.
  mutating func next(from offset: Int) -> Int? {
    var offset = offset
    while true {
      if let found = search(from: offset) { return found }
      offset = max(offset, windowStart + window.count)
      guard fill(at: offset) else { return nil }
    }
  }

  private func search(from offset: Int) -> Int? {
    guard offset >= windowStart, offset < windowStart + window.count else { return nil }
    return window[(offset - windowStart)...].firstIndex(of: UInt8(ascii: "{"))
      .map { windowStart + $0 }
  }

  private mutating func fill(at offset: Int) -> Bool {
    let bytes = try? [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      count = try file.read(
        fromAbsoluteOffset: Int64(offset), into: UnsafeMutableRawBufferPointer(buffer))
    }
    window = bytes ?? []
    windowStart = offset
    return !window.isEmpty
  }
}

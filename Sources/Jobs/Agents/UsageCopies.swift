package import Shared

/// The last known usage of every session, by its id.
///
/// Resuming an agent replaces its whole record: the usage is gone from the registry until the
/// session is exported again. The views show this copy meanwhile, with its age.
package struct UsageCopies: Sendable, Equatable {
  /// One session's usage, as the block that was written to the registry.
  package struct Copy: Sendable, Equatable {
    package let usage: [UInt8]
    package let updatedAt: Timestamp

    package init(usage: [UInt8], updatedAt: Timestamp) {
      self.usage = usage
      self.updatedAt = updatedAt
    }
  }

  package private(set) var sessions: [String: Copy]

  package init(sessions: [String: Copy] = [:]) {
    self.sessions = sessions
  }

  /// How long a copy is kept after its session was last exported.
  package static let retention = Duration.seconds(30 * 86_400)

  /// Takes over newer copies and forgets those past their retention.
  ///
  /// A copy dated in the future was written by a clock that has since been set back: any is newer.
  package mutating func merge(_ newer: [String: Copy], now: Timestamp) {
    sessions.merge(newer) { $0.updatedAt > $1.updatedAt && $0.updatedAt <= now ? $0 : $1 }
    sessions = sessions.filter { now - $0.value.updatedAt < Self.retention }
  }

  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("schema_version", "1.0.0")
      writer.key("sessions")
      writer.object { writer in
        for (id, copy) in sessions.sorted(by: { $0.key < $1.key }) {
          writer.key(id)
          writer.object { writer in
            writer.key("usage")
            writer.raw(copy.usage)
            writer.member("usageUpdatedAt", copy.updatedAt.text)
          }
        }
      }
    }
    return writer.bytes
  }

  /// Reads the copies; a file that cannot be read holds none, since the next export makes one.
  package init(reading bytes: [UInt8]) {
    self.init()
    var read: [String: Copy] = [:]
    var scanner = JSONScanner(bytes)
    do {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        guard scanner.keyIs("sessions") else {
          try scanner.skipValue()
          continue
        }
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let id = scanner.text()
          read[id] = try Self.readCopy(&scanner, bytes)
        }
      }
    } catch {
      return
    }
    sessions = read
  }

  private static func readCopy(
    _ scanner: inout JSONScanner, _ bytes: [UInt8]
  ) throws(JSONError) -> Copy? {
    var usage: [UInt8]?
    var updatedAt: Timestamp?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("usage") {
        usage = Array(bytes[try scanner.skipValue()])
      } else if scanner.keyIs("usageUpdatedAt") {
        updatedAt = try scanner.readMoment()
      } else {
        try scanner.skipValue()
      }
    }
    guard let usage, let updatedAt else { return nil }
    return Copy(usage: usage, updatedAt: updatedAt)
  }
}

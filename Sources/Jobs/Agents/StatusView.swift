package import Shared

/// The agents as `status` shows them: the registry as it is, each with its status as of now.
///
/// Only reads. Nothing here waits for a refresh or starts one.
package struct StatusView: Sendable {
  /// One agent with what was computed for it.
  package struct Entry: Sendable {
    package let agent: AgentRegistry.Agent
    /// The status as of now; nil when the record has none of the known words.
    package let status: AgentStatus?
    /// The usage kept from before a resume, where the record has none.
    package let copy: UsageCopies.Copy?
  }

  package let registry: AgentRegistry
  package let entries: [Entry]
  package let now: Timestamp

  /// The agents by name, or only the one named.
  ///
  /// `copies` is asked for only when some agent with a session has no usage.
  package init(
    registry: AgentRegistry, name: String?, now: Timestamp, processes: ProcessTable,
    copies: () -> UsageCopies
  ) {
    self.registry = registry
    self.now = now
    let chosen = registry.agents.filter { name == nil || $0.key == name }
    let lacking = chosen.contains {
      registry.usageRange(of: $0) == nil && registry.range(.sessionId, of: $0) != nil
    }
    let kept = lacking ? copies().sessions : [:]
    entries = Self.sorted(chosen).map { agent in
      let usesCopy = registry.usageRange(of: agent) == nil && !kept.isEmpty
      let session = usesCopy ? registry.text(.sessionId, of: agent) : nil
      return Entry(
        agent: agent, status: registry.status(of: agent, now: now, processes: processes),
        copy: session.flatMap { kept[$0] })
    }
  }

  /// By key, as JavaScript sorts: by UTF-16 units, which for ASCII is the order of bytes.
  private static func sorted(_ agents: [AgentRegistry.Agent]) -> [AgentRegistry.Agent] {
    guard agents.allSatisfy({ $0.key.utf8.allSatisfy { $0 < 0x80 } }) else {
      return agents.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
    }
    return agents.sorted { $0.key < $1.key }
  }

  /// A usage for the views: the record's, else the copy's.
  package func usage(of entry: Entry) -> Usage? {
    if let range = registry.usageRange(of: entry.agent) {
      return Usage(registry.bytes, at: range)
    }
    return entry.copy.flatMap { Usage($0.usage, at: 0..<$0.usage.count) }
  }

  /// When that usage was exported.
  package func usageUpdatedAt(of entry: Entry) -> Timestamp? {
    guard registry.usageRange(of: entry.agent) == nil else {
      return registry.timestamp(.usageUpdatedAt, of: entry.agent)
    }
    return entry.copy?.updatedAt
  }
}

// MARK: - JSON

extension StatusView {
  /// One line of JSON in the shape and key order of the program that owns the registry, values in
  /// the registry's own text; keys of ours only at the end of an object.
  ///
  /// Handed over in parts: of ten thousand agents no more than a part is in memory.
  package func writeJSON(_ emit: ([UInt8]) -> Void) {
    var writer = JSONWriter(reservingCapacity: 2 * Self.partSize)
    writer.object { writer in
      writer.member("ok", true)
      writer.key("agents")
      writer.array { writer in
        for entry in entries {
          write(entry, &writer)
          if writer.bytes.count > Self.partSize { writer.drain(emit) }
        }
      }
    }
    writer.drain(emit)
    emit([UInt8(ascii: "\n")])
  }

  private static let partSize = 64 << 10

  private func write(_ entry: Entry, _ writer: inout JSONWriter) {
    writer.object { writer in
      copy(.name, of: entry, as: "name", &writer, always: true)
      writer.key(literal: "status")
      if let status = entry.status {
        writer.string(status.rawValue)
      } else {
        writeValue(.status, of: entry, &writer)
      }
      copy(.pid, of: entry, as: "pid", &writer, always: true)
      copy(.exitCode, of: entry, as: "exitCode", &writer, always: true)
      copy(.startedAt, of: entry, as: "startedAt", &writer, always: true)
      copy(.updatedAt, of: entry, as: "updatedAt", &writer, always: true)
      copy(.finishedAt, of: entry, as: "finishedAt", &writer, always: true)
      if let kept = entry.copy {
        writer.key(literal: "usage")
        writer.raw(kept.usage)
      } else if let range = registry.usageRange(of: entry.agent) {
        writer.key(literal: "usage")
        writeText(range, &writer)
      }
      copy(.model, of: entry, as: "model", &writer)
      copy(.variant, of: entry, as: "variant", &writer)
      copy(.resumeCount, of: entry, as: "resumeCount", &writer)
      writeChildren(of: entry, &writer)
      if let kept = entry.copy {
        writer.member("usageUpdatedAt", kept.updatedAt.text)
      } else {
        copy(.usageUpdatedAt, of: entry, as: "usageUpdatedAt", &writer)
      }
    }
  }

  private func copy(
    _ field: AgentRegistry.Field, of entry: Entry, as key: StaticString, _ writer: inout JSONWriter,
    always: Bool = false
  ) {
    guard always || registry.range(field, of: entry.agent) != nil else { return }
    writer.key(literal: key)
    writeValue(field, of: entry, &writer)
  }

  private func writeValue(
    _ field: AgentRegistry.Field, of entry: Entry, _ writer: inout JSONWriter
  ) {
    guard let range = registry.range(field, of: entry.agent) else { return writer.null() }
    writeText(range, &writer)
  }

  private func writeText(_ range: Range<Int>, _ writer: inout JSONWriter) {
    if registry.isCompact {
      writer.raw(registry.bytes, range)
    } else {
      writer.compacting(registry.bytes, range)
    }
  }

  private func writeChildren(of entry: Entry, _ writer: inout JSONWriter) {
    guard let range = registry.range(.children, of: entry.agent),
      registry.bytes[range.lowerBound] == UInt8(ascii: "[")
    else { return }
    writer.key(literal: "children")
    writer.array { array in
      // Most agents have none: nothing to scan in `[]`.
      guard range.count > 2 else { return }
      for child in ChildView.all(in: registry.bytes, at: range) {
        child.write(to: &array, from: registry.bytes)
      }
    }
  }
}

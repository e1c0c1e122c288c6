package import Shared

/// Context windows by model, in tokens, as `opencode models --verbose` lists them.
package struct ContextWindows: Sendable, Equatable {
  /// Tokens by `provider/model`; a model without a window is not in it.
  package var tokens: [String: Int]

  package init(tokens: [String: Int] = [:]) {
    self.tokens = tokens
  }

  /// Reads the listing in any form that carries windows exactly.
  ///
  /// 1.x prints a line `provider/model` before each model's JSON, 2.x the JSON alone; both name
  /// provider and id inside it. A table with `200K` and a plain list carry no exact window and
  /// give none: no number is better than a wrong one.
  package init(listing bytes: [UInt8]) {
    tokens = [:]
    var scanner = JSONScanner(bytes)
    scanner.toleratesInvalidUTF8 = true
    var offset = 0
    while let start = Self.objectAtLineStart(bytes, from: offset) {
      scanner.restart(at: start)
      do {
        if let (model, window) = try Self.readModel(&scanner) { tokens[model.key] = window }
        offset = scanner.position
      } catch {
        offset = start + 1
      }
    }
  }

  private static func objectAtLineStart(_ bytes: [UInt8], from offset: Int) -> Int? {
    var index = offset
    while index < bytes.count {
      guard let brace = bytes[index...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
      if brace == 0 || brace == offset || bytes[brace - 1] == UInt8(ascii: "\n") { return brace }
      index = brace + 1
    }
    return nil
  }

  private static func readModel(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> (ModelReference, Int)? {
    var id: String?
    var provider: String?
    var window: Int?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("id") {
        id = try scanner.nextString()
      } else if scanner.keyIs("providerID") {
        provider = try scanner.nextString()
      } else if scanner.keyIs("limit") {
        window = try readContext(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    guard let id, let provider, let window, window > 0 else { return nil }
    return (ModelReference(provider: provider, model: id), window)
  }

  private static func readContext(_ scanner: inout JSONScanner) throws(JSONError) -> Int? {
    var context: Int?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("context") {
        context = try scanner.readCount()
      } else {
        try scanner.skipValue()
      }
    }
    return context
  }
}

/// The windows kept between runs, with their age.
package struct ContextWindowCache: Sendable, Equatable {
  package var windows: ContextWindows
  /// When the listing that the windows come from was read; nil before the first.
  package var fetchedAt: Timestamp?
  /// When a listing was last asked for, whatever came of it.
  package var triedAt: Timestamp?

  package init(
    windows: ContextWindows = ContextWindows(), fetchedAt: Timestamp? = nil,
    triedAt: Timestamp? = nil
  ) {
    self.windows = windows
    self.fetchedAt = fetchedAt
    self.triedAt = triedAt
  }

  /// Whether to ask again: the model is missing or the listing old, and the last try not recent.
  package func isWorthFetching(
    for model: ModelReference, now: Timestamp, maximumAge: Duration, interval: Duration
  ) -> Bool {
    if let triedAt, triedAt <= now, now - triedAt < interval { return false }
    guard windows.tokens[model.key] != nil, let fetchedAt, fetchedAt <= now else { return true }
    return now - fetchedAt >= maximumAge
  }

  /// Takes over a listing; one without any window changes nothing but the time of the try.
  package mutating func take(_ listing: ContextWindows?, at now: Timestamp) {
    triedAt = now
    guard let listing, !listing.tokens.isEmpty else { return }
    windows.tokens.merge(listing.tokens) { _, new in new }
    fetchedAt = now
  }

  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("schema_version", "1.0.0")
      writer.member("fetchedAt", fetchedAt?.text)
      writer.member("triedAt", triedAt?.text)
      writer.key("windows")
      writer.object { writer in
        for (model, window) in windows.tokens.sorted(by: { $0.key < $1.key }) {
          writer.member(model, window)
        }
      }
    }
    return writer.bytes
  }

  /// Reads a cache; one that cannot be read is an empty one, since it can be fetched again.
  package init(reading bytes: [UInt8]) {
    self.init()
    var read = ContextWindowCache()
    var scanner = JSONScanner(bytes)
    do {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("fetchedAt") {
          read.fetchedAt = try scanner.readMoment()
        } else if scanner.keyIs("triedAt") {
          read.triedAt = try scanner.readMoment()
        } else if scanner.keyIs("windows") {
          guard try scanner.enterObject() else { continue }
          while try scanner.nextKey() {
            let model = scanner.text()
            read.windows.tokens[model] = try scanner.readCount()
          }
        } else {
          try scanner.skipValue()
        }
      }
    } catch {
      return
    }
    self = read
  }
}

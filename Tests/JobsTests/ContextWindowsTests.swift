import Jobs
import Shared
import TestSupport
import Testing

struct ContextWindowsTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)
  private static let model = ModelReference(provider: "p", model: "m")

  // MARK: Listings

  struct Listing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let windows: [String: Int?]
  }

  static let listings = try? Fixtures.expectedWindows().map {
    Listing(testDescription: $0.key, windows: $0.value)
  }.sorted { $0.testDescription < $1.testDescription }

  @Test func `the expected windows are there`() { #expect((Self.listings ?? []).count >= 9) }

  @Test(arguments: listings ?? [])
  func `E47 every recorded listing gives its windows or none`(_ listing: Listing) throws {
    let bytes = try Fixtures.bytes("opencode/models/\(listing.testDescription)")
    #expect(ContextWindows(listing: bytes).tokens == listing.windows.compactMapValues { $0 })
  }

  @Test(arguments: ["verbose-v1.txt", "verbose-v2.txt"])
  func `E47 a listing cut anywhere gives fewer windows and never a wrong one`(
    _ name: String
  ) throws {
    let bytes = try Fixtures.bytes("opencode/models/\(name)")
    let whole = ContextWindows(listing: bytes).tokens
    var counts: Set<Int> = []
    for size in stride(from: 0, to: bytes.count, by: 37) {
      let cut = ContextWindows(listing: Array(bytes[..<size])).tokens
      #expect(cut.allSatisfy { whole[$0.key] == $0.value }, "after \(size) bytes")
      counts.insert(cut.count)
    }
    #expect(counts == Set(0...whole.count))
  }

  typealias Row = (text: String, windows: [String: Int])
  static let rows: [Row] = [
    (#"{"id":"m","providerID":"p","limit":{"context":5}}"#, ["p/m": 5]),
    (#"{"limit":{"output":9,"context":5.0},"providerID":"p","id":"m"}"#, ["p/m": 5]),
    (#"{"id":"a b/c:free","providerID":"p q","limit":{"context":5}}"#, ["p q/a b/c:free": 5]),
    (#"{"id":"caf\u00e9","providerID":"p","limit":{"context":5}}"#, ["p/café": 5]),
    (#"{"id":"m","providerID":"p","limit":{"context":0}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":{"context":-5}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":{"context":null}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":{"context":"200K"}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":{"context":1.5}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":{"input":5}}"#, [:]),
    (#"{"id":"m","providerID":"p","limit":5}"#, [:]),
    (#"{"id":"m","providerID":"p"}"#, [:]),
    (#"{"id":"m","limit":{"context":5}}"#, [:]),
    (#"{"providerID":"p","limit":{"context":5}}"#, [:]),
    (#"{"id":7,"providerID":"p","limit":{"context":5}}"#, [:]),
    (#"{"api":{"id":"x"},"id":"m","providerID":"p","limit":{"context":5}}"#, ["p/m": 5]),
    (
      #"{"id":"m","providerID":"p","limit":{"context":5}}"#
        + #"{"id":"n","providerID":"p","limit":{"context":6}}"#, ["p/m": 5, "p/n": 6]
    ),
    (
      "p/m\n{\n \"id\": \"m\",\n \"cut\": \n"
        + #"{"id":"n","providerID":"p","limit":{"context":6}}"#, ["p/n": 6]
    ),
    (
      #"INFO {"id":"m","providerID":"p","limit":{"context":5}}"# + "\n"
        + #"{"id":"n","providerID":"p","limit":{"context":6}}"#, ["p/n": 6]
    ),
    (#"{"id":"m","providerID":"p","headers":{"x":"{"},"limit":{"context":5}}"#, ["p/m": 5]),
    (String(repeating: "{", count: 50_000), [:]),
  ]

  @Test(arguments: rows)
  func `E47 E48 a window is exact or none`(_ row: Row) {
    #expect(ContextWindows(listing: Array(row.text.utf8)).tokens == row.windows)
  }

  // MARK: Cache

  @Test func `E49 a cache reads back as it was written`() {
    let cache = ContextWindowCache(
      windows: ContextWindows(tokens: ["p q/a \"b\"/c:free": 5, "p/灯": 1 << 40]),
      fetchedAt: Self.now - .seconds(9), triedAt: Self.now)
    #expect(ContextWindowCache(reading: cache.json) == cache)
    #expect(ContextWindowCache(reading: ContextWindowCache().json) == ContextWindowCache())
  }

  @Test func `a cache is one line of JSON in a fixed order`() {
    let cache = ContextWindowCache(
      windows: ContextWindows(tokens: ["b/y": 2, "a/x": 1]), fetchedAt: nil, triedAt: Self.now)
    let text = #"{"schema_version":"1.0.0","fetchedAt":null,"triedAt":"2027-01-15T08:00:00.000Z","#
    #expect(String(decoding: cache.json, as: UTF8.self) == text + #""windows":{"a/x":1,"b/y":2}}"#)
  }

  @Test(arguments: ["", "null", "[]", "{", #"{"windows":{"a/x":1}"#, #"{"windows":{"a/x":1}]"#])
  func `a cache that cannot be read is an empty one`(_ text: String) {
    #expect(ContextWindowCache(reading: Array(text.utf8)) == ContextWindowCache())
  }

  @Test(arguments: [
    #"{"windows":[],"fetchedAt":7.5,"triedAt":"soon","x":{}}"#, #"{"windows":{"a/x":null}}"#,
    #"{"windows":{"a/x":"1"}}"#,
  ])
  func `odd values of a cache are none`(_ text: String) {
    #expect(ContextWindowCache(reading: Array(text.utf8)) == ContextWindowCache())
  }

  typealias Worth = (known: Bool, fetched: Int?, tried: Int?, isWorth: Bool)
  /// Seconds ago; the listing may be a day old, and an hour lies between two tries.
  static let worth: [Worth] = [
    (false, nil, nil, true),
    (false, 10, nil, true),
    (false, 10, 10, false),
    (false, 10, 3_599, false),
    (false, 10, 3_600, true),
    (true, 10, nil, false),
    (true, 86_399, 86_399, false),
    (true, 86_400, 86_400, true),
    (true, 86_400, 10, false),
    (true, nil, nil, true),
    (true, nil, 10, false),
    (true, -10, nil, true),
    (true, 10, -10, false),
    (false, 10, -10, true),
    (true, 10, 0, false),
    (false, nil, 0, false),
  ]

  @Test(arguments: worth)
  func `E49 a listing is asked for when it helps and not too often`(_ row: Worth) {
    let cache = ContextWindowCache(
      windows: ContextWindows(tokens: row.known ? ["p/m": 5] : ["p/other": 5]),
      fetchedAt: row.fetched.map { Self.now - .seconds($0) },
      triedAt: row.tried.map { Self.now - .seconds($0) })
    let isWorth = cache.isWorthFetching(
      for: Self.model, now: Self.now, maximumAge: .seconds(86_400), interval: .seconds(3_600))
    #expect(isWorth == row.isWorth)
  }

  @Test(arguments: [nil, ContextWindows()])
  func `E49 a listing without windows forgets none and counts as a try`(
    _ listing: ContextWindows?
  ) {
    let before = Self.now - .seconds(90_000)
    var cache = ContextWindowCache(
      windows: ContextWindows(tokens: ["p/m": 5]), fetchedAt: before, triedAt: before)
    cache.take(listing, at: Self.now)
    #expect(cache.windows.tokens == ["p/m": 5])
    #expect(cache.fetchedAt == before)
    #expect(cache.triedAt == Self.now)
  }

  @Test func `E49 a listing replaces what it names and keeps what it does not`() {
    var cache = ContextWindowCache(windows: ContextWindows(tokens: ["p/m": 5, "p/n": 6]))
    cache.take(ContextWindows(tokens: ["p/m": 7, "p/o": 8]), at: Self.now)
    #expect(cache.windows.tokens == ["p/m": 7, "p/n": 6, "p/o": 8])
    #expect(cache.fetchedAt == Self.now)
    #expect(cache.triedAt == Self.now)
  }
}

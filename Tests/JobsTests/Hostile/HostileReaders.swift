import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Something that reads what others wrote, and texts to begin with.
struct HostileReader: Sendable, CustomTestStringConvertible {
  let name: String
  let seeds: [[UInt8]]
  let read: @Sendable ([UInt8]) -> Void

  var testDescription: String { name }

  private init(
    _ name: String, _ folders: [String], _ read: @escaping @Sendable ([UInt8]) -> Void
  ) {
    let files = folders.flatMap { folder in
      Fixture.names(in: Fixtures.path(folder)).map { "\(folder)/\($0)" }
    }
    self.name = name
    seeds = files.compactMap { try? Fixtures.bytes($0) }.filter { $0.count < 32_768 }
    self.read = read
  }

  private init(
    _ name: String, texts: [String], _ read: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.name = name
    seeds = texts.map { Array($0.utf8) }
    self.read = read
  }

  private static let moment = Timestamp(milliseconds: 1_795_000_000_000)

  /// Reads by way of a file.
  private static func throughFile(_ bytes: [UInt8], _ read: (FilePath) throws -> Void) {
    guard let folder = try? TemporaryFolder() else { return }
    let path = folder.at("input")
    guard (try? Fixture.write(bytes, to: path)) != nil else { return }
    try? read(path)
  }

  static let all: [HostileReader] = [
    HostileReader("registry", ["opencode/registries"]) { _ = try? AgentRegistry($0) },
    HostileReader("export", ["opencode/exports", "opencode/replies"]) { bytes in
      throughFile(bytes) { path in
        let file = try FileDescriptor.open(path, .readOnly)
        _ = try file.closeAfter { try? ExportReader.read(file, size: bytes.count) }
      }
    },
    HostileReader("models list", ["opencode/models"]) { _ = ContextWindows(listing: $0) },
    HostileReader("codex pane", ["windows/panes/codex"]) {
      _ = CodexStatusPane.read(
        String(decoding: $0, as: UTF8.self), capturedAt: moment, zone: .universal)
    },
    HostileReader("claude pane", ["windows/panes/claude"]) {
      _ = ClaudeUsagePane.read(
        String(decoding: $0, as: UTF8.self), capturedAt: moment, zone: .universal)
    },
    HostileReader("claude-monitor text", ["windows/panes/claude-monitor"]) {
      _ = ClaudeMonitorText.read(String(decoding: $0, as: UTF8.self))
    },
    HostileReader("app-server reply", ["windows/app-server"]) { bytes in
      for line in bytes.split(separator: 0x0A) { _ = try? CodexRateLimits(result: Array(line)) }
    },
    HostileReader("rollout row", ["windows/rollouts"]) { bytes in
      for line in bytes.split(separator: 0x0A) { _ = RolloutRow(line: Array(line)) }
    },
    HostileReader("ccusage report", ["windows/ccusage"]) { bytes in
      for scope in CcusageReport.Scope.allCases {
        _ = CcusageReport.read(json: bytes, scope: scope)
      }
    },
    HostileReader("glm report", ["windows/glm", "windows/ccusage"]) {
      _ = GlmPrompts.read(json: $0)
    },
    HostileReader("telemetry line", texts: [ProxySample.lanterns, ProxySample.forced]) {
      ProxyEventReader().read($0) { _, _ in
      } fault: { _, _ in
      }
    },
    HostileReader(
      "CSV",
      texts: ["a,b\n1,\"x \"\"y\"\"\"\n,\r\n", "date,notes\n2026-11-21,\"two\nlines\"\n"]
    ) { _ = CSVTable.records($0) },
    HostileReader(
      "churn row",
      texts: [
        #"{"window":"W0-A","provider":"codex","commit_start":"a","commit_end":"b","#
          + #""files_changed":2,"insertions":3,"deletions":1,"net":2,"features":1}"#
      ]
    ) { _ = ChurnRow(line: $0) },
    HostileReader(
      "configuration",
      texts: [
        "{refresh: {runningInterval: 30}, usage: {contextWindows: {'lab/x': 32768}}}",
        "// of ours\n{windows: {providers: ['codex'], settle: 300,}, prices: []}",
      ]
    ) { bytes in throughFile(bytes) { _ = try Configuration.read($0, named: true) } },
    HostileReader(
      "handoff",
      texts: [
        "# Note\n<!-- jobrunner:begin last -->\nold\n<!-- jobrunner:end last -->\nby hand\n"
      ]
    ) { _ = MarkedBlock(name: "last", body: "new").placed(in: $0) },
    HostileReader("lock file", texts: ["jobrunner 12 lamp boot 34 refresh-usage\n"]) {
      _ = LockOwner(line: $0)
    },
  ]
}

/// Damages texts the way that careless programs, cuts and people who mean harm do.
struct HostileMutation {
  var numbers: SeededNumbers

  private static let pieces: [[UInt8]] =
    [
      "\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "\0", "-", "1e999",
      "9999999999999999999",
      "-0", "null", "true", "%", "\u{1B}[2J", "\u{202E}", "../../etc/passwd", "$(id)", "--help",
      "'",
      "\u{FEFF}", "\\ud800", "│", "2026-13-45T99:99:99Z",
    ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xF0, 0x9F]]

  mutating func damage(_ text: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...8, using: &numbers) {
      let place = Int.random(in: 0...bytes.count, using: &numbers)
      let end = min(bytes.count, place + Int.random(in: 0...200, using: &numbers))
      switch Int.random(in: 0..<8, using: &numbers) {
      case 0: bytes.removeSubrange(place..<end)
      case 1: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      case 2: bytes.removeSubrange(place...)
      case 3:
        let start = Int.random(in: 0...other.count, using: &numbers)
        bytes.insert(contentsOf: other[start...].prefix(300), at: place)
      case 4:
        guard place < bytes.count else { continue }
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      case 5:
        let piece = Self.pieces[Int.random(in: Self.pieces.indices, using: &numbers)]
        let count = Int.random(in: 0..<40, using: &numbers) == 0 ? 600 : 1
        bytes.insert(contentsOf: (0..<count).flatMap { _ in piece }, at: place)
      default:
        bytes.insert(
          contentsOf: Self.pieces[Int.random(in: Self.pieces.indices, using: &numbers)], at: place)
      }
    }
    return bytes
  }
}

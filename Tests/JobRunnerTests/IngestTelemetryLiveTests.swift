import Dispatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// Inside the class `write` means its own method.
private func append(_ bytes: [UInt8], to file: Int32) -> Int { write(file, bytes, bytes.count) }

/// A proxy at work, `ingest-telemetry` every 100 ms, and `rotate-log` that trims the log meanwhile.
@Suite(.fewAtOnce) struct IngestTelemetryLiveTests {
  /// Writes events at a pace until it is told to stop.
  private final class Proxy: Sendable {
    private let path: FilePath
    private let keepsOpen: Bool
    private let isStopped = Mutex(false)
    private let count = Mutex(0)
    /// How many events may be written: on a busy machine the runs come late, and no more may wait
    /// for one than the rotation keeps.
    private let limit = Mutex(Proxy.backlog)
    private static let backlog = 3_000
    /// Events a second.
    static let pace = 2_000

    init(_ path: FilePath, keepsOpen: Bool) {
      self.path = path
      self.keepsOpen = keepsOpen
    }

    /// - Returns: How many events there were.
    func write() -> Int {
      var file: Int32 = -1
      var written = 0
      while !isStopped.withLock({ $0 }) {
        if file < 0 { file = open(path.string, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) }
        guard written < limit.withLock({ $0 }) else {
          usleep(1_000)
          continue
        }
        let lines = Array(IngestTelemetryTests.events(written..<written + 20).utf8)
        guard append(lines, to: file) == lines.count else { break }
        written += 20
        count.withLock { $0 = written }
        if !keepsOpen {
          close(file)
          file = -1
        }
        usleep(useconds_t(20 * 1_000_000 / Self.pace))
      }
      if file >= 0 { close(file) }
      return written
    }

    /// How many events are in the log, or were.
    var written: Int { count.withLock { $0 } }

    /// Notes that so many were there when a run began that has ended.
    func acknowledge(_ ingested: Int) { limit.withLock { $0 = ingested + Self.backlog } }

    func stop() { isStopped.withLock { $0 = true } }
  }

  @Test(arguments: [true, false])
  func `every event is stored exactly once`(keepsOpen: Bool) async throws {
    let workspace = try WindowWorkspace([])
    let log = workspace.root.appending("logs/usage.jsonl")
    // The lines that are kept must outlast the time between two runs.
    try workspace.configure(
      "{rotate: {files: [{path: 'logs/usage.jsonl', maxBytes: 600000, keepLines: 4000}]}}")
    try writeFile(log, "")
    let proxy = Proxy(log, keepsOpen: keepsOpen)
    // On a thread of its own: it waits in between, and those of tasks are few.
    async let writing = withCheckedContinuation { done in
      DispatchQueue.global().async { done.resume(returning: proxy.write()) }
    }
    var rotated = 0
    for round in 0..<(Scale.large ? 300 : 50) {
      let present = proxy.written
      let run = try await workspace.run("ingest-telemetry", with: ["JOBRUNNER_FSYNC": "off"])
      #expect(run.isSilentSuccess, "\(run)")
      proxy.acknowledge(present)
      if round % 3 == 2 {
        let before = FileSnapshot(log)?.size ?? 0
        // 75: held open, on a file system that cannot cut it without loss.
        let rotation = try await workspace.run("rotate-log")
        #expect(rotation.exit == 0 || keepsOpen && rotation.exit == 75, "\(rotation)")
        if FileSnapshot(log)?.size ?? 0 < before { rotated += 1 }
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    proxy.stop()
    let written = await writing
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    let rids = try workspace.rows("proxy_telemetry").compactMap { $0["rid"].string }
    #expect(rids.count == written)
    #expect(Set(rids) == Set((0..<written).map { "n\($0)" }))
    print("\(written) events, the log was trimmed \(rotated) times")
  }
}

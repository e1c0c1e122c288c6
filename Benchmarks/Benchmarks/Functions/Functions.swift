internal import Benchmark
internal import Jobs
internal import Shared
internal import SystemPackage

/// The functions that read what others write, on texts of their own making.
///
///     cd Benchmarks && swift package benchmark
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput], warmupIterations: 2, maxDuration: .seconds(2))

  let rows = Samples.rows(1_000)

  Benchmark("FlatObjectReader, 1,000 stored rows") { benchmark in
    let reader = FlatObjectReader(keys: Samples.keys)
    let padded = rows + [UInt8](repeating: 0, count: LineBlocks.padding)
    for _ in benchmark.scaledIterations {
      padded.withUnsafeBufferPointer { bytes in
        var line = 0
        while line < rows.count, let base = bytes.baseAddress, let length = reader.read(base + line)
        {
          line += length
        }
        blackHole(line)
      }
    }
  }

  Benchmark("JSONScanner, 1,000 stored rows") { benchmark in
    let lines = rows.split(separator: UInt8(ascii: "\n")).map(Array.init)
    for _ in benchmark.scaledIterations {
      var members = 0
      for line in lines {
        var scanner = JSONScanner(line)
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          blackHole(try scanner.skipValue())
          members += 1
        }
      }
      blackHole(members)
    }
  }

  Benchmark("TelemetryLog.summary, 1,000 stored rows") { benchmark in
    let log = TelemetryLog(text: rows, rules: ProxyRules())
    for _ in benchmark.scaledIterations { blackHole(try log.summary(window: nil)) }
  }

  Benchmark("Timestamp out of a text") { benchmark in
    for _ in benchmark.scaledIterations { blackHole(Timestamp("2026-03-01T08:00:00.125Z")) }
  }

  Benchmark("CSVTable.records, 1,000 rows") { benchmark in
    let table = Samples.table(1_000)
    for _ in benchmark.scaledIterations { blackHole(CSVTable.records(table)) }
  }

  Benchmark("CodexStatusPane, one pane") { benchmark in
    let moment = Timestamp(milliseconds: 1_772_352_000_000)
    for _ in benchmark.scaledIterations {
      blackHole(CodexStatusPane.read(Samples.pane, capturedAt: moment, zone: .system))
    }
  }
}

/// Texts as the jobs and the vendors' clients write them.
private enum Samples {
  static let keys = ["window", "provider", "ts", "rid", "lane", "model", "kind", "outcome"]

  static func rows(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { number in
      Array(
        """
        {"window":"W0-\(number / 50)","provider":"proxy-telemetry",\
        "captured_at":"2026-03-01T08:00:00.125Z","ts":"2026-03-01T08:00:00.125Z",\
        "rid":"R\(number)","lane":"glm","model":"glm-4.6","kind":"completion","route":"glm",\
        "outcome":"ok","status":200,"input_tokens":\(number * 7),"output_tokens":\(number),\
        "latency_ms":\(number + 300),"source":"ingest","schema_version":"1.0.0",\
        "tool_version":"0.1.0","id":"00000000000000aa","agent_id":"main","host":"bench"}

        """.utf8)
    }
  }

  static func table(_ count: Int) -> [UInt8] {
    let row = "2026-03-01,s1,\"window=W0; a note, with a comma\"\n"
    return Array(("date,session,notes\n" + String(repeating: row, count: count)).utf8)
  }

  static let pane = """
    >_ OpenAI Codex (v0.163.0)

    Model:       gpt-5-codex (reasoning medium)
    Account:     dev@example.com (Plus)

    5h limit:     [████████░░░░░░░░░░░░] 61% left (resets 14:20)
    Weekly limit: [██████████████░░░░░░] 29% left (resets 11:05 on 7 Mar)
    """
}

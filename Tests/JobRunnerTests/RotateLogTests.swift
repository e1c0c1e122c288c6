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

/// `rotate-log` and the error log, through the built binary.
@Suite(.fewAtOnce) struct RotateLogEndToEndTests {
  private func line(_ number: Int, bytes: Int) -> String {
    let head =
      #"{"time":"2026-02-13T10:00:00.000Z","name":"\#(number)","sessionId":"ses_1","error":""#
    let tail = #"","attempt":1,"retryAt":"2026-02-13T10:00:02.000Z"}"#
    return head
      + String(repeating: "e", count: max(0, bytes - head.utf8.count - tail.utf8.count - 1))
      + tail + "\n"
  }

  private func log(lines: Int, bytes: Int) -> [String] {
    (0..<lines).map { line($0, bytes: bytes) }
  }

  @Test func `E51 over a mebibyte the last 200 lines are kept`() async throws {
    let workspace = try OpencodeWorkspace([])
    let all = log(lines: 6000, bytes: 200)
    try writeFile(workspace.logPath, all.joined())
    chmod(workspace.logPath.string, 0o640)
    let run = try await workspace.run("rotate-log")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(readText(workspace.logPath) == all.suffix(200).joined())
    #expect(FileSnapshot(workspace.logPath)?.mode == 0o100640)
    #expect(listFolder(workspace.registryFolder) == ["registry.json", "usage-export.log"])
  }

  @Test func `E51 long lines: the mebibyte wins over the 200 lines`() async throws {
    let workspace = try OpencodeWorkspace([])
    let all = log(lines: 250, bytes: 9000)
    try writeFile(workspace.logPath, all.joined())
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    let kept = readText(workspace.logPath) ?? ""
    #expect(kept.utf8.count <= 1_048_576)
    #expect(kept.utf8.count > 1_048_576 - 9000)
    #expect(all.joined().hasSuffix(kept))
    #expect(kept.hasPrefix("{"))
  }

  @Test(arguments: [0, 1, 1_048_576])
  func `E51 a log that is not over the limit is not touched`(size: Int) async throws {
    let workspace = try OpencodeWorkspace([])
    try writeFile(workspace.logPath, [UInt8](repeating: 0x0a, count: size))
    let before = FileSnapshot(workspace.logPath)
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(FileSnapshot(workspace.logPath) == before)
  }

  @Test func `E51 no line is lost that others append meanwhile`() async throws {
    let workspace = try OpencodeWorkspace([])
    try writeFile(workspace.logPath, log(lines: 5400, bytes: 200).joined())
    let script = """
      i=0
      while [ $i -lt 60 ]; do echo "{\\"writer\\":$1,\\"line\\":$i}" >>"$0"; i=$((i+1)); done
      """
    let writers = try (0..<3).map { number in
      try SpawnedProcess(
        FilePath("/bin/sh"), ["-c", script, workspace.logPath.string, String(number)],
        environment: ["PATH": "/usr/bin:/bin"])
    }
    let run = try await workspace.run("rotate-log")
    #expect(run.isSilentSuccess, "\(run)")
    for writer in writers { #expect(await writer.wait().exit == 0) }
    // A late writer may still hold the old file: the next run takes over what is in it.
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    let kept = readText(workspace.logPath) ?? ""
    for writer in 0..<3 {
      for line in 0..<60 {
        #expect(kept.contains("{\"writer\":\(writer),\"line\":\(line)}\n"))
      }
    }
  }

  @Test func `E51 a log over its limit is rotated by the append that made it so`() async throws {
    let workspace = try OpencodeWorkspace([.done("one", session(1))])
    try writeFile(workspace.logPath, log(lines: 5243, bytes: 200).joined())
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let kept = lines(readText(workspace.logPath) ?? "")
    #expect(kept.count == 200)
    #expect(kept.last?.contains("\"name\":\"one\"") == true)
  }

  @Test func `E51 without a log there is nothing to do`() async throws {
    let workspace = try OpencodeWorkspace(registryText: nil)
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(workspace.allFiles() == [])
  }

  @Test func `E52 a failure is one line of the plan's fields, and no mail from cron`()
    async throws
  {
    let workspace = try OpencodeWorkspace([
      .done("bad", session(1)), .done("good", minimalSession),
    ])
    try workspace.replay(minimalSession, minimalFixture)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    let text = try #require(readText(workspace.logPath))
    #expect(lines(text).count == 1 && text.hasSuffix("}\n"))
    let shape =
      /\{"time":"[-0-9T:.]{23}Z","name":"bad","sessionId":"ses_4a99[^"]*","error":"[^"]+","attempt":1,"retryAt":"[-0-9T:.]{23}Z"\}\n/
    #expect(text.wholeMatch(of: shape) != nil, "\(text)")
    #expect(try workspace.agent("good")["usage"]["dialogTokens"].integer == 12)
  }
}

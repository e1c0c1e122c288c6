import Shared
import SystemPackage
import TestSupport
import Testing

/// `alias` for GLM, which is fed with a count that only grows.
@Suite(.fewAtOnce) struct AliasGlmTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  private func report(_ prompts: Double) -> String {
    """
    {"account":"dev@example.com","generated_at":"2026-11-05T10:00:\(Int(prompts) % 60)Z",\
    "blocks":[{"window_id":"a","prompts_used":\(prompts - 3)},\
    {"window_id":"b","prompts_used":3}]}
    """
  }

  @discardableResult
  private func alias(_ action: String, _ prompts: Double, _ more: String...) async throws -> Outcome
  {
    try await workspace.start(
      ["alias", action, "glm", "--stdin"] + more, text: report(prompts)
    ).wait()
  }

  private func used() throws -> [String] {
    try workspace.rows("glm_counts").map { row in
      let used = row["prompts_used"].double.map { "\($0)" } ?? "-"
      return "\(row["window"].string ?? "?") \(row["deletes"].string == nil ? used : "deletes")"
    }
  }

  @Test("start, end and cross say what they stored")
  func lines() async throws {
    #expect(try await alias("start", 118).stdout == "stored glm baseline for W0-01 (prompts=118)\n")
    #expect(!workspace.allFiles().contains("data/week0/live/glm_counts.jsonl"))
    #expect(try workspace.position("main", "glm")["baseline_prompts"].integer == 118)
    #expect(
      try await alias("end", 121.5).stdout
        == "stored glm delta for W0-01 (baseline=118, prompts=3.5)\n")
    #expect(
      try await alias("start", 125).stdout == "stored glm baseline for W0-02 (prompts=125)\n")
    #expect(
      try await alias("cross", 140).stdout
        == "stored glm delta for W0-02 and seeded baseline for W0-03 (delta=15)\n")
    #expect(
      try await alias("end", 140).stdout
        == "stored glm delta for W0-03 (baseline=140, prompts=0)\n")
    #expect(try used() == ["W0-01 3.5", "W0-02 15.0", "W0-03 0.0"])
    #expect(try workspace.rows("glm_counts").allSatisfy { $0["agent_id"].string == "main" })
    #expect(workspace.files(holding: ["dev@example.com"]) == [])
  }

  @Test("A report that was recorded adds nothing when it comes again")
  func again() async throws {
    try await alias("start", 118)
    for _ in 0..<2 { #expect(try await alias("end", 120).exit == 0) }
    try await alias("start", 120)
    for _ in 0..<3 { #expect(try await alias("cross", 130).exit == 0) }
    #expect(try used() == ["W0-01 2.0", "W0-02 10.0"])
    #expect(try workspace.position("main", "glm")["current_window"].string == "W0-03")
    let last = try await alias("cross", 130)
    #expect(last.stdout == "glm delta of this report is recorded already; nothing was added\n")
  }

  @Test("Only the window that was started is ended")
  func order() async throws {
    let early = try await alias("end", 10)
    #expect(early.exit == 65)
    #expect(
      early.stderr
        == "jobrunner alias: no glm baseline found for W0-01; run start first: jobrunner alias "
        + "start glm --window W0-01\n")
    #expect(workspace.allFiles() == [])
    try await alias("start", 10, "--window", "A")
    #expect(try await alias("end", 12, "--window", "B").exit == 65)
    let second = try await alias("start", 15, "--window", "A")
    #expect(second.exit == 65)
    #expect(
      second.stderr
        == "jobrunner alias: A has a baseline of 10 prompts; end it first (jobrunner alias end "
        + "glm), or set another with --force\n")
    #expect(try await alias("start", 15, "--window", "A", "--force").exit == 0)
    #expect(
      try await alias("end", 16).stdout == "stored glm delta for A (baseline=15, prompts=1)\n")
  }

  @Test("A count that fell was begun anew: the delta is unknown, and an anomaly says so")
  func fallen() async throws {
    try await alias("start", 118)
    let run = try await alias("end", 20)
    #expect(run.stdout == "stored glm delta for W0-01 (baseline=118, prompts=n/a)\n")
    let row = try #require(try workspace.rows("glm_counts").first)
    #expect(row["prompts_used"] == .null && row["errors"][0].string == "negative-delta")
    #expect(try workspace.anomalies() == ["negative-delta"])
  }

  @Test(
    "A report without a count is 65 and leaves the baseline",
    arguments: [
      (#"{"blocks":[]}"#, "no-blocks"), ("{}", "invalid-blocks"), ("garbage", "invalid-json"),
      (#"{"blocks":[{"prompts_used":null}]}"#, "no-blocks"),
    ])
  func damaged(text: String, flag: String) async throws {
    try await alias("start", 118)
    let run = try await workspace.run("alias", "end", "glm", "--stdin", text: text)
    #expect(run.exit == 65)
    #expect(
      run.stderr
        == "jobrunner alias: no prompt count in the text (\(flag)); nothing was recorded\n")
    #expect(try workspace.position("main", "glm")["baseline_prompts"].integer == 118)
    let empty = try await workspace.run("alias", "end", "glm", "--stdin", text: " \n")
    #expect(empty.exit == 66)
    #expect(empty.stderr == "jobrunner alias: no content received\n")
  }

  @Test("A delta that is deleted leaves its window open with the baseline it had")
  func deletion() async throws {
    try await alias("start", 100)
    try await alias("end", 120)
    let bytes = readBytes(workspace.data.appending("glm_counts.jsonl")) ?? []
    let moment = try workspace.rows("glm_counts")[0]["captured_at"].string ?? ""
    let run = try await workspace.run("alias", "delete", "glm")
    #expect(run.stdout == "removed glm delta for W0-01 (captured_at=\(moment))\n")
    #expect((readBytes(workspace.data.appending("glm_counts.jsonl")) ?? []).starts(with: bytes))
    #expect(
      try await alias("end", 115).stdout
        == "stored glm delta for W0-01 (baseline=100, prompts=15)\n")
    #expect(try used() == ["W0-01 20.0", "W0-01 deletes", "W0-01 15.0"])
    let complete = try await workspace.run("complete", "--window", "W0-01", "--glm-features", "2")
    #expect(complete.stdout == "finalized window W0-01 with providers: glm\n")
    let glm = try workspace.rows("windows").first?["providers"]["glm"]
    #expect(glm?["delta"]["prompts_used"].integer == 15)
    #expect(try await workspace.run("alias", "delete", "glm", "--index", "2").exit == 66)
  }
}

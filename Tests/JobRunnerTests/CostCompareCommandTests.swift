import SystemPackage
import TestSupport
import Testing

/// `cost-compare`, as a user would run it.
@Suite(.fewAtOnce) struct CostCompareCommandTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace([])
    try makeFolder(workspace.data)
  }

  /// Stores the sample, as rows that hold the log of a run each.
  private func fill() throws {
    try Fixture.write(
      ProxySample.run(ProxySample.lanterns, window: "L-1")
        + ProxySample.run(ProxySample.lanterns, window: "L-1")
        + ProxySample.run(ProxySample.forced, window: "L-2"),
      to: workspace.data.appending("proxy_telemetry.jsonl"))
  }

  private static let csv = """
    rid,baseline_tokens,glm_tokens,delta_glm_minus_base
    L1,1110,1310,200
    L4,780,670,-110
    L2,860,910,50
    # totals baseline=3420 glm=3520 glm_share=50.7%

    """

  // MARK: Cost

  @Test("The log of the proxy, the same piped in, and the ledger give the same CSV")
  func csv() async throws {
    let log = workspace.root.appending("usage.jsonl")
    try Fixture.write(ProxySample.lanterns, to: log)
    try fill()
    let file = try await workspace.run("cost-compare", "--file", "usage.jsonl", "--csv")
    let pipe = try await workspace.run(
      "cost-compare", "--file", "-", "--csv", text: ProxySample.lanterns)
    let ledger = try await workspace.run("cost-compare", "--window", "L-1", "--csv")
    #expect([file.stdout, pipe.stdout, ledger.stdout] == [Self.csv, Self.csv, Self.csv])
    #expect([file.stderr, pipe.stderr, ledger.stderr] == ["", "", ""])
    guard requireTool("python3") else { return }
    let script = try await workspace.shell(
      "python3 '\(Fixtures.packageRoot)/scripts/tools/proxy_cost_compare.py' --file - --min 1 "
        + "< usage.jsonl")
    #expect(
      script.stdout.split(separator: "\n").map(String.init)
        == Self.csv.split(separator: "\n").enumerated().filter { [0, 1, 4].contains($0.offset) }
        .map { String($0.element) })
    let data = try await workspace.shell(
      "python3 '\(Fixtures.packageRoot)/scripts/tools/proxy_cost_compare.py' "
        + "--data-dir data/week0/live --min 2")
    #expect(data.stdout.contains("aa02,0,8160,8160\n"), "\(data)")
  }

  @Test("A run keeps its answer once, until it changes; a view, a dry run and a file keep none")
  func row() async throws {
    func rows() throws -> Int { try workspace.rows("cost_compare").count }
    _ = try await workspace.run("cost-compare")
    #expect(try rows() == 0)
    try fill()
    try Fixture.write(ProxySample.lanterns, to: workspace.root.appending("usage.jsonl"))
    _ = try await workspace.run("cost-compare", "--dry-run")
    _ = try await workspace.run("cost-compare", "--file", "usage.jsonl")
    #expect(try rows() == 0)
    for _ in 0..<2 { _ = try await workspace.run("cost-compare", "--csv") }
    #expect(try rows() == 1)
    for _ in 0..<2 { _ = try await workspace.run("cost-compare", "--window", "L-1") }
    #expect(try rows() == 2)
    _ = try await workspace.run("cost-compare")
    #expect(try rows() == 2)
    let telemetry = workspace.data.appending("proxy_telemetry.jsonl")
    try Fixture.append(
      ProxySample.run(
        ProxySample.lanterns.replacing("2025-10-21", with: "2025-10-22"), window: "L-1"),
      to: telemetry)
    _ = try await workspace.run("cost-compare")
    let last = try #require(try workspace.rows("cost_compare").last)
    #expect(try rows() == 3)
    #expect(last["baseline"]["tokens"].integer == 6_840)
    #expect(last["gates"]["matched"].string == "not met")
    #expect(last["id"].string?.count == 16)
  }

  @Test("Too few pairs are said; --require makes it the exit status")
  func require() async throws {
    try fill()
    let few = try await workspace.run("cost-compare", "--window", "L-2")
    #expect(few.exit == 0)
    #expect(few.stdout.contains("\n0 matched features, fewer than 3: too few to compare\n"))
    #expect(try await workspace.run("cost-compare", "--window", "L-2", "--require").exit == 1)
    #expect(try await workspace.run("cost-compare", "--window", "L-1", "--require").exit == 0)
    let more = try await workspace.run(
      "cost-compare", "--window", "L-1", "--require", "--min-matched", "5", "--csv")
    #expect(more.exit == 1)
    #expect(more.stdout == Self.csv)
    #expect(more.stderr == "4 matched features, fewer than 5: too few to compare\n")
    let none = try await workspace.run("cost-compare", "--window", "L-9", "--csv")
    #expect((none.exit, none.stderr) == (0, "no matched features (rid) found\n"))
    #expect(try await workspace.run("cost-compare", "--window", "L-9", "--require").exit == 1)
  }

  @Test("A file that is not there is 66, a feature map without a comma 65, two forms 64")
  func errors() async throws {
    #expect(try await workspace.run("cost-compare", "--file", "none").exit == 66)
    #expect(try await workspace.run("cost-compare", "--features", "none").exit == 66)
    try Fixture.write("r1\n", to: workspace.root.appending("map.csv"))
    #expect(try await workspace.run("cost-compare", "--features", "map.csv").exit == 65)
    #expect(try await workspace.run("cost-compare", "--csv", "--json").exit == 64)
  }

  @Test("The configuration's prices are used, and a bad one is 78 with its name")
  func prices() async throws {
    try fill()
    try workspace.configure(
      """
      { prices: [{ model: "claude-haiku-4-5", input: 100, output: 0, from: "2025-10-20",
                   source: "contract" }] }
      """)
    let json = try JSON(
      parsing: try await workspace.run(
        "cost-compare", "--window", "L-1", "--json", "--reprice", "glm-4.6"
      ).stdout)
    #expect(json["baseline"]["usd"].double == 0.275)
    #expect(json["matched"][0]["baseline"]["prices"][0].string == "claude-haiku-4-5@2025-10-20")
    #expect(json["what_if"]["usd"].double == 0.003124)
    try workspace.configure(
      #"{ prices: [{ model: "x", input: 1, output: 1, from: "2025-02-30" }] }"#)
    let bad = try await workspace.run("cost-compare")
    #expect(bad.exit == 78)
    #expect(bad.stderr.contains("prices.x.from: '2025-02-30' is not a day"))
  }
}

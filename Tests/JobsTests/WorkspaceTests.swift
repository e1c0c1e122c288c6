import Jobs
import SystemPackage
import TestSupport
import Testing

struct WorkspaceTests {
  struct Case: Sendable {
    var flag: String?
    var environment: [String: String] = [:]
    let root: FilePath
    var agents: FilePath = ".opencode-subagent"
    var state: FilePath = ".jobrunner"
  }

  static let cases = [
    Case(root: "/home/kim"),
    Case(flag: "", environment: ["JOBRUNNER_WORKSPACE": ""], root: "/home/kim"),
    Case(environment: ["JOBRUNNER_WORKSPACE": "/srv/lamp"], root: "/srv/lamp"),
    Case(environment: ["JOBRUNNER_WORKSPACE": "src/lamp/"], root: "/home/kim/src/lamp"),
    Case(flag: "/flag", environment: ["JOBRUNNER_WORKSPACE": "/srv/lamp"], root: "/flag"),
    Case(flag: "src", environment: ["JOBRUNNER_WORKSPACE": "/srv/lamp"], root: "/home/kim/src"),
    Case(flag: "../ann/./x", root: "/home/ann/x"),
    Case(flag: ".", root: "/home/kim"),
    Case(
      flag: "/srv", environment: ["OPENCODE_PSA_DIR": "agents", "JOBRUNNER_STATE_DIR": "state"],
      root: "/srv", agents: "agents", state: "state"),
    Case(
      flag: "/srv", environment: ["OPENCODE_PSA_DIR": "/a/b", "JOBRUNNER_STATE_DIR": "/c/d"],
      root: "/srv", agents: "/a/b", state: "/c/d"),
    Case(
      flag: "/srv", environment: ["OPENCODE_PSA_DIR": "", "JOBRUNNER_STATE_DIR": ""],
      root: "/srv"),
  ]

  @Test(arguments: cases)
  func `the flag wins over the environment and that over the current folder`(_ row: Case) {
    let workspace = Workspace(
      flag: row.flag, environment: row.environment, currentFolder: "/home/kim")
    #expect(workspace.root == row.root)
    #expect(workspace.agents == row.root.pushing(row.agents), "relative to the workspace")
    #expect(workspace.state == row.root.pushing(row.state), "relative to the workspace")
  }

  @Test func `every file has its place`() {
    let workspace = Workspace(flag: "/w", environment: [:], currentFolder: "/")
    #expect(workspace.registry == "/w/.opencode-subagent/registry.json")
    #expect(workspace.registryLock == "/w/.opencode-subagent/registry.lock")
    #expect(workspace.exportErrorLog == "/w/.opencode-subagent/usage-export.log")
    #expect(workspace.locks == "/w/.jobrunner/locks")
    #expect(workspace.lock(ofJob: "x") == "/w/.jobrunner/locks/x.lock")
    #expect(workspace.lastSuccess(ofJob: "x") == "/w/.jobrunner/last-success/x")
    #expect(workspace.path("logs/a.log") == "/w/logs/a.log")
    #expect(workspace.path("/var/a.log") == "/var/a.log")
  }
}

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

/// Workspaces of the torture's scenarios, for conditions that strace cannot make.
struct TortureBench {
  let folder: FilePath
  let scenario: TortureScenario
  let check: TortureCheck
  private let template: TorturePlace

  static let world = World(
    clock: .system, environment: ["PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    processes: .live, children: .live, conversations: .live, pid: getpid(),
    terminal: Terminal(
      out: { _ in }, err: { _ in }, outIsTerminal: false, errIsTerminal: false))

  init(_ scenario: TortureScenario, in folder: FilePath) async throws {
    self.scenario = scenario
    self.folder = folder
    template = Self.place(folder, "made")
    try await template.prepare(scenario)
    let place = Self.place(folder, "right")
    try await place.copy(of: template)
    check = try await TortureCheck(scenario, in: place)
    await place.remove()
  }

  private static func place(_ folder: FilePath, _ name: String) -> TorturePlace {
    TorturePlace(root: folder.appending(name), program: BuiltBinary.path, world: world)
  }

  /// A workspace as it was made.
  func place(_ name: String) async throws -> TorturePlace {
    let place = Self.place(folder, name)
    if scenario.isPreparedAnew {
      try await place.prepare(scenario)
    } else {
      try await place.copy(of: template)
    }
    return place
  }

  /// The scenarios that are tried: one of each way to write, or all of them.
  static var scenarios: [TortureScenario] {
    let few: Set<String> = ["refresh-usage", "rotate-log", "alias-end", "ledger-checkpoint"]
    return TortureScenario.all.filter { Scale.large || few.contains($0.name) }
  }
}

extension TortureScenario: CustomTestStringConvertible {
  package var testDescription: String { name }
}

extension TorturePlace {
  /// Runs the command behind a line of the shell that sets up what it is to suffer; the command is
  /// `"$@"` there.
  func run(_ scenario: TortureScenario, behind line: String) async throws -> End {
    try await run("/bin/sh", ["-c", line, "sh", program.string] + scenario.arguments)
  }
}

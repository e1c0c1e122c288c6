internal import Shared
internal import SystemPackage

/// opencode, codex and claude: found, in which version, signed in, able to answer.
///
/// They are asked what the jobs ask them; none of it spends quota. They run in an empty folder, with
/// their output in nameless files of the temporary folder.
extension Doctor {
  func clientFindings(_ configuration: Configuration) async -> [Finding] {
    let programs = Programs.all(configuration, workspace: workspace, world: world)
    let hasAgents = (try? Stat(workspace.registry)) != nil
    let standard = Configuration()
    return await withTaskGroup(of: (Int, Finding).self) { group in
      for (index, program) in programs.enumerated() {
        let isWanted =
          switch program.name {
          case "opencode": hasAgents || program.setting != standard.opencode.path
          case let name:
            program.setting != name
              || configuration.windows.providers?.contains { $0.rawValue == name } == true
          }
        group.addTask { (index, await finding(program, isWanted: isWanted, configuration)) }
      }
      var findings: [(Int, Finding)] = []
      for await finding in group { findings.append(finding) }
      return findings.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func finding(
    _ program: Programs.Program, isWanted: Bool, _ configuration: Configuration
  ) async -> Finding {
    guard let path = program.path else {
      let text = "'\(program.setting)' not found on PATH"
      guard isWanted else { return Finding(program.name, .ok, "\(text); not used") }
      return Finding(
        program.name, .failed, text,
        advice: "install it, set PATH in the schedule, or \(program.name).path")
    }
    let version = await version(of: path)
    let place = "\(path)" + (version.map { " \($0)" } ?? "")
    switch program.name {
    case "opencode": return await opencode(path, place, configuration)
    case "codex":
      let answer = await CodexAppServer(
        executable: path, environment: world.environment, scratch: scratch, version: self.version,
        conversations: world.conversations, clock: world.clock
      ).read()
      return ClientLook.finding(program.name, place, answer)
    default:
      let answer = await ClaudeUsage(
        executable: path, environment: world.environment, scratch: scratch,
        conversations: world.conversations, clock: world.clock
      ).read()
      return ClientLook.finding(program.name, place, answer)
    }
  }

  /// The nameless files of children go here, not into the workspace.
  private var scratch: FilePath { world.temporaryFolder }

  private static let patience = Duration.seconds(15)

  private func opencode(
    _ path: FilePath, _ place: String, _ configuration: Configuration
  ) async -> Finding {
    let client = OpencodeClient(
      executable: path, extraArguments: [], environment: world.environment,
      timeout: Self.patience, timeLeft: { Self.patience }, outputLimit: 64 << 20,
      scratch: scratch, children: world.children)
    let windows = await inNeutralFolder { try? await client.contextWindows(in: $0) }
    guard let windows else {
      return Finding(
        "opencode", .failed, "\(place) does not answer 'models --verbose'",
        advice: "run that by hand and see")
    }
    guard !windows.tokens.isEmpty else {
      return Finding(
        "opencode", .warning, "\(place) lists no context windows",
        advice: "set usage.contextWindows, else FULL stays unknown")
    }
    return Finding("opencode", .ok, "\(place), lists \(windows.tokens.count) models")
  }

  private func version(of path: FilePath) async -> String? {
    await inNeutralFolder { folder in
      let command = Command(
        executable: path, arguments: ["--version"], environment: world.environment,
        workingDirectory: folder, deadline: Self.patience, outputLimit: 1 << 20)
      let answer = try? await world.children(command, scratch: scratch) { reply -> String? in
        guard reply.ending == .exited(0) else { return nil }
        return String(decoding: try reply.output.bytes(from: 0, upTo: 4 << 10), as: UTF8.self)
      }
      return (answer ?? nil).flatMap(Programs.version)
    }
  }

  private func inNeutralFolder<Answer>(
    _ ask: (FilePath) async -> Answer?
  ) async -> Answer? {
    guard let folder = try? NeutralFolder(environment: world.environment) else { return nil }
    defer { folder.remove() }
    return await ask(folder.path)
  }
}

/// What the answer of a vendor's client means.
enum ClientLook {
  static func finding(
    _ name: String, _ place: String, _ answer: Result<Reading, ReadingFailure>
  ) -> Finding {
    switch answer {
    case .success(let reading):
      let used = reading.leadingLimit.map { limit in
        let window = limit.minutes.map { "\(DurationText.brief(.seconds($0 * 60))) window" }
        return "\(PercentText.number(limit.usedPercent))% of its \(window ?? "window") used"
      }
      return Finding(name, .ok, "\(place), signed in, \(used ?? "answers")")
    case .failure(let failure):
      let text = "\(place): \(failure.message)"
      switch failure.reason {
      case .notSignedIn, .unauthorized:
        return Finding(name, .failed, text, advice: "sign in with '\(login(name))'")
      case .apiKey:
        return Finding(
          name, .warning, text, advice: "sign in with a subscription to keep its windows")
      case .programMissing, .malformedReply, .noReply, .deadline:
        return Finding(name, .failed, text, advice: "run it by hand; is it the newest version?")
      case .forbidden, .server, .stale, .noData:
        return Finding(name, .warning, text, advice: "signed in; look again later")
      }
    }
  }

  private static func login(_ name: String) -> String { name == "codex" ? "codex login" : name }
}

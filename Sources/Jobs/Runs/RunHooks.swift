internal import Shared
internal import SystemPackage

/// What a run tells others of itself: a URL that watches for missing runs, and a command for a
/// failure.
///
/// Called after the commit, or before anything began. Whatever comes of it, the run ends as it
/// would have.
package struct RunHooks: Sendable {
  /// The check's address; the state of the run is added to its path.
  package var ping: String?
  /// A line for the shell.
  package var onFailure: String?

  package init(ping: String?, onFailure: String?) {
    self.ping = ping
    self.onFailure = onFailure
  }

  package static let none = RunHooks(ping: nil, onFailure: nil)

  package var isEmpty: Bool { ping == nil && onFailure == nil }

  /// How long any of them may take.
  package static let deadline: Duration = .seconds(10)

  /// Why a text cannot be pinged; nil for one that can.
  package static func fault(inPing url: String) -> String? {
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      return "it takes an address of http:// or https://"
    }
    return url.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : "a character cannot be in one"
  }

  // MARK: Decisions

  /// A moment of a run, as healthchecks.io counts them (healthchecks.io/docs/http_api).
  enum Signal: Equatable {
    case start
    case end(ExitStatus)
  }

  /// The address to ask for: `/start`, the exit status, or `/fail` where a run was stopped and its
  /// status tells nothing of the job.
  static func address(_ url: String, _ signal: Signal, run: String) -> String {
    let query = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
    var path = String(url[..<query])
    while path.hasSuffix("/") { path.removeLast() }
    switch signal {
    case .start: path += "/start"
    case .end(.interrupted), .end(.terminated): path += "/fail"
    case .end(let status): path += "/\(status.rawValue)"
    }
    let rest = url[query...]
    let separator = rest.hasPrefix("?") ? "&" : "?"
    let end = rest.firstIndex(of: "#") ?? rest.endIndex
    return path + rest[..<end] + "\(separator)rid=\(run)"
  }

  // MARK: Calls

  /// Tells that the run begins.
  package func start(run: String, world: World) async {
    guard let ping else { return }
    await call(Self.address(ping, .start, run: run), message: "", world)
  }

  /// Tells how the run ended.
  package func end(
    job: String, status: ExitStatus, message: String, run: String, world: World
  ) async {
    if let ping {
      await call(Self.address(ping, .end(status), run: run), message: message, world)
    }
    guard let onFailure, status != .success else { return }
    let variables = [
      "JOBRUNNER_JOB": job, "JOBRUNNER_EXIT": "\(status.rawValue)", "JOBRUNNER_MESSAGE": message,
    ]
    await shell(onFailure, variables, world)
  }

  /// The address may hold a key, so it goes to curl by its standard input: arguments are for all to
  /// see.
  private func call(_ url: String, message: String, _ world: World) async {
    let settings = [
      "url = \(Self.quoted(url))", "data-binary = \(Self.quoted(message))",
      "silent", "fail", "output = /dev/null", "max-time = 8",
    ]
    await shell(
      "printf '%s\\n' \"$JOBRUNNER_CURL\" | curl --config -",
      ["JOBRUNNER_CURL": settings.joined(separator: "\n")], world)
  }

  /// A text of a curl configuration file (curl(1), --config).
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for character in text {
      switch character {
      case "\\", "\"": quoted += "\\\(character)"
      case "\n", "\r\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      default: quoted.append(character)
      }
    }
    return quoted + "\""
  }

  private func shell(_ line: String, _ variables: [String: String], _ world: World) async {
    let command = Command(
      executable: "/bin/sh", arguments: ["-c", line],
      environment: world.environment.merging(variables) { $1 }, workingDirectory: nil,
      deadline: Self.deadline, outputLimit: 1 << 20)
    let scratch = FilePath(world.environment["TMPDIR"] ?? "/tmp")
    // A hook that fails is the hook's affair.
    _ = try? await world.children(command, scratch: scratch) { _ in }
  }
}

internal import Shared
internal import SystemPackage

/// The programs of the schedulers: `crontab`, `systemctl`, `launchctl` and the like.
struct ScheduleTools: Sendable {
  private let world: World

  init(_ world: World) {
    self.world = world
  }

  /// What a program answered.
  struct Reply: Sendable {
    /// The exit code; nil when it did not come so far.
    let code: Int32?
    let output: [UInt8]
    let errors: String

    var isGood: Bool { code == 0 }
    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// The last line of standard error, for a message.
    var reason: String {
      errors.split(separator: "\n").last.map(String.init)
        ?? (code.map { "exit status \($0)" } ?? "it did not end")
    }
  }

  private static let deadline = Duration.seconds(30)
  /// In bytes; no crontab is as long.
  private static let longestOutput = 4 << 20

  func find(_ name: String) -> FilePath? {
    ExecutableSearch.find(name, searchPath: world.environment["PATH"] ?? "", from: "/")
  }

  /// Runs a program to its end.
  ///
  /// - Throws: 69 when it is not there.
  func run(
    _ name: String, _ arguments: [String], with more: [String: String] = [:],
    only environment: [String: String]? = nil
  ) async throws(JobError) -> Reply {
    guard let executable = find(name) else {
      throw JobError(.unavailable, "\(name) is not on PATH")
    }
    // What is said is read: it must be in words that are known.
    let variables = (environment ?? world.environment)
      .merging(["LC_ALL": "C"]) { $1 }.merging(more) { $1 }
    let command = Command(
      executable: executable, arguments: arguments, environment: variables,
      workingDirectory: "/", deadline: Self.deadline, outputLimit: Self.longestOutput)
    do {
      let temporary = world.environment["TMPDIR"].map { FilePath($0) } ?? "/tmp"
      let scratch = temporary.isAbsolute ? temporary : "/tmp"
      return try await world.children(command, scratch: scratch) { reply in
        var code: Int32?
        if case .exited(let number) = reply.ending { code = number }
        return Reply(
          code: code, output: try reply.output.bytes(from: 0, upTo: Self.longestOutput),
          errors: String(decoding: reply.errorTail, as: UTF8.self))
      }
    } catch let error as FileError {
      throw JobError(error)
    } catch {
      throw JobError(.ioError, "\(name): \(error)")
    }
  }

  /// The same where anything but exit status 0 is a failure.
  ///
  /// - Throws: 69 with what the program said.
  @discardableResult
  func require(
    _ name: String, _ arguments: [String], with more: [String: String] = [:]
  ) async throws(JobError) -> Reply {
    let reply = try await run(name, arguments, with: more)
    guard reply.isGood else {
      let words = ([name] + arguments).prefix(4).joined(separator: " ")
      throw JobError(.unavailable, "\(words): \(reply.reason)")
    }
    return reply
  }
}

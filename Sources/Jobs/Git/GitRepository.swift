internal import Shared
package import SystemPackage

/// The git repository around a workspace, asked through git itself.
///
/// Git finds it from any folder below, in a linked work tree too. Nothing of it is changed.
package struct GitRepository: Sendable {
  /// The folder git is started in: the workspace.
  package let folder: FilePath
  /// Whether its history is cut off: older commits are not there.
  package let isShallow: Bool
  private let git: FilePath
  private let world: World
  private let scratch: FilePath

  /// Finds the repository that holds the workspace.
  ///
  /// - Parameter isDryRun: Whether nothing may be left in the workspace, its state folder included.
  /// - Throws: 66 where there is none, 69 without git, 77 where git does not trust the folder.
  package init(
    holding workspace: Workspace, world: World, isDryRun: Bool = false
  ) async throws(JobError) {
    guard (try? Stat(workspace.root))?.type == .directory else {
      throw JobError(.noInput, "\(workspace.root): no such folder")
    }
    guard
      let git = ExecutableSearch.find(
        "git", searchPath: world.environment["PATH"] ?? "", from: workspace.root)
    else { throw JobError(.unavailable, "git is not on PATH") }
    let scratch = isDryRun ? world.temporaryFolder : workspace.state
    if !isDryRun { try Self.prepare(scratch, world) }
    let unknown = GitRepository(
      folder: workspace.root, isShallow: false, git: git, world: world, scratch: scratch)
    let answer = try await unknown.ask(["rev-parse", "--is-shallow-repository"])
    guard answer.isSuccess else { throw unknown.notFound(answer) }
    self.init(
      folder: unknown.folder, isShallow: answer.firstLine == "true", git: git, world: world,
      scratch: scratch)
  }

  private init(
    folder: FilePath, isShallow: Bool, git: FilePath, world: World, scratch: FilePath
  ) {
    self.folder = folder
    self.isShallow = isShallow
    self.git = git
    self.world = world
    self.scratch = scratch
  }

  /// The folder for git's answers, which have a name there for a moment: a killed run may have left
  /// one.
  private static func prepare(_ scratch: FilePath, _ world: World) throws(JobError) {
    try StateFile.makeFolder(scratch)
    do throws(FileError) {
      try Leftovers.sweep(in: scratch, of: PrivateFile.name, processes: world.processes)
    } catch {
      throw JobError(error)
    }
  }

  private func notFound(_ answer: GitAnswer) -> JobError {
    if answer.errors.contains("not a git repository") {
      return JobError(.noInput, "\(folder): not inside a git repository")
    }
    if answer.errors.contains("dubious ownership") {
      return JobError(
        .noPermission,
        "\(folder): git does not trust a repository of another owner; "
          + "'git config --global --add safe.directory' with its folder allows it")
    }
    return failure("rev-parse", answer)
  }
}

// MARK: - Commits

extension GitRepository {
  /// The full id of a commit that was named in whatever way git understands.
  ///
  /// - Throws: 65 for a name git does not know, 66 where the commit cannot be there: the history is
  ///   cut off, or there is none yet.
  package func commit(_ name: String) async throws(JobError) -> String {
    let answer = try await ask(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}"])
    // `^HEAD` is understood as well, and is no commit.
    if answer.isSuccess, Self.isID(answer.firstLine) { return answer.firstLine }
    let problem = "unable to resolve commit '\(name)' in \(folder)"
    if isShallow {
      throw JobError(
        .noInput,
        "\(problem), a shallow clone; 'git fetch --unshallow' brings the commits it lacks")
    }
    let head = try await ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    if !head.isSuccess {
      let any = try await ask(["for-each-ref", "--count=1", "--format=%(refname)"])
      if any.isSuccess, any.firstLine.isEmpty {
        throw JobError(.noInput, "\(problem): the repository has no commit yet")
      }
    }
    throw JobError(.badData, problem)
  }

  /// SHA-1 or SHA-256 in hexadecimal.
  package static func isID(_ text: String) -> Bool {
    (text.utf8.count == 40 || text.utf8.count == 64)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

// MARK: - Running git

/// What git said to a short question.
struct GitAnswer {
  let ending: CommandEnding
  let firstLine: String
  let errors: String

  var isSuccess: Bool { ending == .exited(0) }
}

extension GitRepository {
  /// How long git may take: a question is answered from a few files, a difference reads many.
  private static let questionTime = Duration.seconds(10)
  private static let differenceTime = Duration.seconds(120)
  /// In bytes; a path has at most 4,096.
  private static let longestList = 1 << 30

  /// Asks for one line.
  func ask(_ arguments: [String]) async throws(JobError) -> GitAnswer {
    try await run(arguments, within: Self.questionTime, limit: 1 << 20) { _ in }.answer
  }

  /// Asks for a list, which is read from the file that git wrote it to.
  ///
  /// - Throws: 65 where git cannot answer, 64 for a path it does not take.
  func list<Result: Sendable>(
    _ arguments: [String], read: @escaping @Sendable (FileDescriptor) throws -> Result
  ) async throws(JobError) -> Result {
    let (answer, result) = try await run(
      arguments, within: Self.differenceTime, limit: Self.longestList, read: read)
    guard let result else { throw failure(arguments[0], answer) }
    return result
  }

  /// The list is nil where git failed: what it wrote until then is a part of one.
  private func run<Result: Sendable>(
    _ arguments: [String], within time: Duration, limit: Int,
    read: @escaping @Sendable (FileDescriptor) throws -> Result
  ) async throws(JobError) -> (answer: GitAnswer, list: Result?) {
    let command = Command(
      executable: git, arguments: Self.settings + arguments,
      environment: GitEnvironment.neutral(world.environment), workingDirectory: folder,
      deadline: time, outputLimit: limit)
    let name = "git \(arguments[0])"
    do {
      let (answer, result) = try await world.children(command, scratch: scratch) { reply in
        let start = try reply.output.bytes(from: 0, upTo: 4_096)
        let line = start.prefix { $0 != UInt8(ascii: "\n") }
        let answer = GitAnswer(
          ending: reply.ending, firstLine: String(decoding: line, as: UTF8.self),
          errors: String(decoding: reply.errorTail, as: UTF8.self))
        return (answer, answer.isSuccess ? try read(reply.output) : nil)
      }
      try check(answer.ending, name, time)
      return (answer, result)
    } catch let error as JobError {
      throw error
    } catch let error as FileError {
      throw JobError(error)
    } catch let error as GitFormatError {
      throw JobError(.badData, "\(name): \(error)")
    } catch {
      throw JobError(.ioError, "\(name): \(error)")
    }
  }

  /// What no setting of the user or of the repository may change: numbers are the same everywhere.
  ///
  /// A file system monitor is a program that a repository names.
  private static let settings = [
    "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", "-c", "diff.relative=false",
  ]

  private func check(
    _ ending: CommandEnding, _ name: String, _ time: Duration
  ) throws(JobError) {
    switch ending {
    case .exited: return
    case .signalled(let signal):
      throw JobError(.unavailable, "\(name): ended by signal \(signal)")
    case .overdue:
      throw JobError(.deadline, "\(name): no end within \(time.components.seconds) s")
    case .outputTooLarge:
      throw JobError(.badData, "\(name): the answer is too long to be one")
    case .interrupted: throw JobError(.interrupted, "\(name): interrupted")
    case .notStarted(let reason): throw JobError(.unavailable, "git cannot be started: \(reason)")
    }
  }

  /// The last thing git said of its failure.
  func failure(_ name: String, _ answer: GitAnswer) -> JobError {
    let last = answer.errors.split(separator: "\n").last.map(String.init) ?? "no reason given"
    let isPath = ["pathspec", "outside repository"].contains { answer.errors.contains($0) }
    return JobError(
      isPath ? .usage : .badData,
      "git \(name): \(Redaction.redacted(last).redactingAddresses), in \(folder)")
  }
}

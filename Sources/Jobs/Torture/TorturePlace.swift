internal import Shared
internal import SystemPackage

/// A folder with a workspace that is tortured, and all else that its commands see.
struct TorturePlace: Sendable {
  let root: FilePath
  /// The program that is tortured.
  let program: FilePath
  private let world: World

  init(root: FilePath, program: FilePath, world: World) {
    self.root = root
    self.program = program
    self.world = world
  }

  var work: FilePath { root.appending("work") }
  /// What strace said of the last faulted run; beside the place, to be no part of it.
  var trace: FilePath { FilePath(root.string + ".trace") }

  /// Nothing is inherited but where shared libraries are.
  var environment: [String: String] {
    var variables = [
      "PATH": "\(root.appending("bin")):/usr/local/bin:/usr/bin:/bin",
      "HOME": root.appending("home").string, "TMPDIR": root.appending("tmp").string, "TZ": "UTC",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Dev", "GIT_AUTHOR_EMAIL": "dev@example.com",
      "GIT_COMMITTER_NAME": "Dev", "GIT_COMMITTER_EMAIL": "dev@example.com",
      // As few threads as there can be: strace counts the calls of each by itself.
      "LIBDISPATCH_COOPERATIVE_POOL_STRICT": "1",
    ]
    for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS"] { variables[name] = world.environment[name] }
    return variables
  }

  /// A program's end and the last of what it said.
  struct End: Sendable {
    let ending: CommandEnding
    let said: String
  }

  func run(
    _ executable: FilePath, _ arguments: [String], in folder: FilePath? = nil
  ) async throws(JobError) -> End {
    let command = Command(
      executable: executable, arguments: arguments, environment: environment,
      workingDirectory: folder ?? work, deadline: .seconds(60), outputLimit: 64 << 20)
    do {
      return try await world.children(command, scratch: root.removingLastComponent()) { reply in
        End(ending: reply.ending, said: String(decoding: reply.errorTail, as: UTF8.self))
      }
    } catch let error as FileError {
      throw JobError(error)
    } catch {
      throw JobError(.ioError, "\(executable): \(error)")
    }
  }

  /// Runs the tortured command undisturbed.
  func run(_ scenario: TortureScenario) async throws(JobError) -> End {
    try await run(program, scenario.arguments)
  }

  /// Makes the workspace of a scenario.
  func prepare(_ scenario: TortureScenario) async throws(JobError) {
    do throws(FileError) {
      for name in ["work", "home", "bin", "tmp"] { try makeFolders(root.appending(name)) }
    } catch {
      throw JobError(error)
    }
    let link = "ln -s \"$0\" ../bin/jobrunner\n"
    let end = try await run(
      "/bin/sh", ["-c", TorturePrelude.text + link + scenario.preparation, program.string])
    guard end.ending == .exited(0) else {
      throw JobError(.software, "\(scenario.name) cannot be made: \(end.ending) \(end.said)")
    }
  }

  /// Becomes a copy of another place.
  func copy(of other: TorturePlace) async throws(JobError) {
    let end = try await run("/bin/cp", ["-a", other.root.string, root.string], in: "/")
    guard end.ending == .exited(0) else {
      throw JobError(.cannotCreate, "cannot copy \(other.root): \(end.said)")
    }
  }

  func remove() async {
    discardFile(trace)
    _ = try? await run("/bin/rm", ["-rf", root.string], in: "/")
  }

  // MARK: What is there

  /// What of the place is no work of the tortured command.
  private static let aside: Set<String> = ["work/.git", "bin"]

  /// Every file by its path from the root, with its content; folders by their names alone.
  func snapshot() throws(JobError) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    var pending = [""]
    do throws(FileError) {
      while let folder = pending.popLast() {
        for name in try names(in: root.pushing(FilePath(folder))) {
          let path = folder.isEmpty ? name : "\(folder)/\(name)"
          guard !Self.aside.contains(path) else { continue }
          let full = root.pushing(FilePath(path))
          guard let status = try? Stat(full) else { continue }
          if status.type == .directory {
            pending.append(path)
            if path.hasPrefix("tmp/") { files[path] = [] }
          } else {
            files[path] = try readWholeFile(full)?.bytes
          }
        }
      }
    } catch {
      throw JobError(error)
    }
    return files
  }
}

package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A child process of a test.
package struct ChildProcess: Sendable {
  /// The id of the process.
  package let pid: Int32

  /// How a child ended.
  package enum End: Equatable, Sendable {
    case exit(Int32)
    case signal(Int32)
  }

  /// A program that could not be started.
  package struct StartFailure: Error {
    /// The program.
    package let program: String
    /// The reason.
    package let errno: Errno
  }

  /// Starts a program found in PATH, its output going to a file if one is given.
  package static func start(
    _ program: String, _ arguments: [String] = [], output: FilePath? = nil
  ) throws(StartFailure) -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let sink = output?.string ?? "/dev/null"
    posix_spawn_file_actions_addopen(&actions, 1, sink, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var list: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    defer { for item in list { free(item) } }
    list.append(nil)
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, program, &actions, nil, list, environ)
    guard result == 0 else {
      throw StartFailure(program: program, errno: Errno(rawValue: result))
    }
    return ChildProcess(pid: pid)
  }

  /// Runs a program to its end.
  @discardableResult
  package static func run(
    _ program: String, _ arguments: [String] = [], output: FilePath? = nil
  ) throws(StartFailure) -> End {
    try start(program, arguments, output: output).wait()
  }

  /// Waits for the end and reaps.
  @discardableResult
  package func wait() -> End {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
  }

  /// Ends the child in the way that leaves it no time.
  package func killAndWait() {
    kill(pid, SIGKILL)
    wait()
  }
}

/// A program built beside the tests, such as "FileProbe".
package func builtProgram(_ name: String) -> String {
  FilePath(CommandLine.arguments[0]).removingLastComponent().pushing(".").string + "/" + name
}

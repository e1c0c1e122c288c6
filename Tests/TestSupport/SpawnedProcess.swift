import Foundation
package import SystemPackage
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How a process ended.
package enum Termination: Equatable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)
  /// The test's own deadline passed; the process group was killed.
  case outOfTime

  /// For test output.
  package var description: String {
    switch self {
    case .exited(let code): "exit \(code)"
    case .signalled(let signal): "signal \(signal)"
    case .outOfTime: "killed by the test's deadline"
    }
  }
}

/// What a finished process left: its outputs and how it ended.
package struct Outcome: Sendable, CustomStringConvertible {
  /// How it ended.
  package let termination: Termination
  /// All of standard output.
  package let stdoutBytes: [UInt8]
  /// All of standard error.
  package let stderrBytes: [UInt8]
  /// Wall time from start to end.
  package let duration: Duration

  /// Standard output as text.
  package var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
  /// Standard error as text.
  package var stderr: String { String(decoding: stderrBytes, as: UTF8.self) }
  /// The exit code; nil when a signal or the deadline ended it.
  package var exit: Int32? {
    if case .exited(let code) = termination { code } else { nil }
  }
  /// Nothing said, exit 0: how a healthy run from cron looks.
  package var isSilentSuccess: Bool {
    exit == 0 && stdoutBytes.isEmpty && stderrBytes.isEmpty
  }

  /// Everything, for the message of a failed expectation.
  package var description: String {
    "\(termination) in \(duration)\n--- stdout\n\(stdout)\n--- stderr\n\(stderr)"
  }
}

/// What standard input is connected to.
package enum StandardInput: Sendable {
  /// `/dev/null`.
  case none
  /// A file that holds these bytes.
  case bytes([UInt8])
}

/// A child started with `posix_spawn`, its outputs in files, so that no pipe can fill up.
package final class SpawnedProcess: Sendable {
  /// The process, and its process group.
  package let pid: Int32
  private let folder: TemporaryFolder
  private let started: ContinuousClock.Instant
  private let end: ProcessEnd

  /// Starts `executable` in a process group of its own.
  ///
  /// - Parameters:
  ///   - environment: The whole environment; nothing is inherited.
  ///   - closedDescriptors: Descriptors below 3 that the child finds closed.
  package init(
    _ executable: FilePath, _ arguments: [String], environment: [String: String] = [:],
    workingDirectory: FilePath? = nil, stdin: StandardInput = .none,
    closedDescriptors: Set<Int32> = []
  ) throws {
    folder = try TemporaryFolder("output")
    var input = FilePath("/dev/null")
    if case .bytes(let bytes) = stdin {
      input = folder.at("stdin")
      try writeFile(input, bytes)
    }

    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #else
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let write = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, input.string, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder.at("stdout").string, write, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder.at("stderr").string, write, 0o600)
    for descriptor in closedDescriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }

    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var child: pid_t = 0
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    started = .now
    var command = [executable.string] + arguments
    if let workingDirectory {
      // Glibc hides the file action that changes the folder; a shell does it, and steps aside.
      let change = "cd -- \"$1\" && shift && unset PWD OLDPWD && exec \"$@\""
      command = ["/bin/sh", "-c", change, "sh", workingDirectory.string] + command
    }
    let code = withCStrings(command) { argv in
      withCStrings(variables) { envp in
        posix_spawn(&child, command[0], &actions, &attributes, argv, envp)
      }
    }
    guard code == 0 else {
      errno = code
      throw SystemFailure("posix_spawn \(executable)")
    }
    pid = child
    end = ProcessEnd(of: child)
  }

  /// Sends a signal to the process alone.
  package func signal(_ number: Int32) { kill(pid, number) }

  /// Waits for the end, or for the deadline, at which the whole process group is killed.
  ///
  /// To be called once.
  package func wait(atMost deadline: Duration = .seconds(60)) async -> Outcome {
    var pause = Duration.microseconds(500)
    while true {
      if let termination = reap(WNOHANG) { return outcome(termination) }
      if ContinuousClock.now - started > deadline {
        kill(-pid, SIGKILL)
        _ = reap(0)
        return outcome(.outOfTime)
      }
      // A cancelled test waits too: the process is still there to be reaped.
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(10))
    }
  }

  /// What was written to standard output so far.
  package var outputSoFar: String { readText(folder.at("stdout")) ?? "" }

  private func reap(_ options: Int32) -> Termination? {
    var status: Int32 = 0
    guard waitpid(pid, &status, options) == pid else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  private func outcome(_ termination: Termination) -> Outcome {
    Outcome(
      termination: termination,
      stdoutBytes: readBytes(folder.at("stdout")) ?? [],
      stderrBytes: readBytes(folder.at("stderr")) ?? [],
      duration: end.moment - started)
  }
}

/// The moment at which a child ends, noted by a thread of its own: the tasks of a loaded test run
/// may look for it much later.
private final class ProcessEnd: Sendable {
  private let noted = Mutex<ContinuousClock.Instant?>(nil)

  init(of child: pid_t) {
    Thread.detachNewThread { [self] in
      var information = siginfo_t()
      while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
      noted.withLock { $0 = .now }
    }
  }

  /// When the child ended; now, if the thread has not noted it yet.
  var moment: ContinuousClock.Instant { noted.withLock(\.self) ?? .now }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { buffer in
    // A buffer of at least the final nil has a base address.
    withExtendedLifetime(buffer) { body(buffer.baseAddress.unsafelyUnwrapped) }
  }
}

/// Whether a process with this id is there and not a zombie.
package func isAlive(_ pid: Int32) -> Bool {
  guard kill(pid, 0) == 0 else { return errno == EPERM }
  guard let stat = readText(FilePath("/proc/\(pid)/stat")) else { return true }
  return !stat.contains(") Z ")
}

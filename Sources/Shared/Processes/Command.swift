internal import Subprocess
package import SystemPackage

/// A child process to run once: what, where, and for how long.
package struct Command: Sendable {
  /// The program's path; never looked up, never passed through a shell.
  package var executable: FilePath
  package var arguments: [String]
  package var environment: [String: String]
  /// The folder the child starts in; nil for ours.
  package var workingDirectory: FilePath?
  /// How long the child may take before its whole process group is ended.
  package var deadline: Duration
  /// How many bytes it may print before it is ended.
  package var outputLimit: Int

  package init(
    executable: FilePath, arguments: [String], environment: [String: String],
    workingDirectory: FilePath?, deadline: Duration, outputLimit: Int
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.deadline = deadline
    self.outputLimit = outputLimit
  }
}

/// How a child ended.
///
/// Only `exited` is the child's own doing.
package enum CommandEnding: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)
  /// It outlived its deadline and was ended by us.
  case overdue
  /// It printed more than its limit and was ended by us.
  case outputTooLarge
  /// We were told to stop and ended it.
  case interrupted
  /// It could not be started; the reason in words.
  case notStarted(String)
}

/// What a child left: its ending and the two private files it wrote to.
package struct CommandReply: Sendable {
  package let ending: CommandEnding
  /// Standard output, a regular file without a name; valid only while the reply is handled.
  package let output: FileDescriptor
  /// The last part of standard error, at most `CommandRunner.errorTailBytes`.
  package let errorTail: [UInt8]

  package init(ending: CommandEnding, output: FileDescriptor, errorTail: [UInt8]) {
    self.ending = ending
    self.output = output
    self.errorTail = errorTail
  }
}

/// Runs children, as a value so that a test can answer in their place.
package struct CommandRunner: Sendable {
  /// Runs one child to its end and hands over its reply.
  ///
  /// A child that fails is a reply, not an error; an error means that we could not even make the
  /// files for its output.
  package var run: @Sendable (Command, FilePath) async throws(FileError) -> CommandReply

  package init(
    run: @escaping @Sendable (Command, FilePath) async throws(FileError) -> CommandReply
  ) {
    self.run = run
  }

  /// How much of the end of standard error is kept.
  package static let errorTailBytes = 4 << 10

  /// Runs `command` with its output in nameless files of the folder `scratch` and lets `body` read
  /// them; they are gone when `body` returns.
  package func callAsFunction<Result>(
    _ command: Command, scratch: FilePath, body: (CommandReply) throws -> Result
  ) async throws -> Result {
    let reply = try await run(command, scratch)
    defer { try? reply.output.close() }
    return try body(reply)
  }
}

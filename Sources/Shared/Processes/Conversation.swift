internal import Synchronization
package import SystemPackage

/// A child process to talk with: what and where.
package struct ConversationPartner: Sendable, Equatable {
  /// The program's path; never looked up, never passed through a shell.
  package var executable: FilePath
  package var arguments: [String]
  package var environment: [String: String]
  package var workingDirectory: FilePath

  package init(
    executable: FilePath, arguments: [String], environment: [String: String],
    workingDirectory: FilePath
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
  }
}

/// A child that is talked with line by line, its standard input held open.
///
/// Its two functions, so that a test can answer in the child's place. Deadlines are the caller's,
/// on the monotonic clock.
package struct Conversation: Sendable {
  /// What came next from the child.
  package enum Event: Sendable, Equatable {
    /// A line without its line feed; what stands behind the last line feed is none.
    case line([UInt8])
    /// It closed its standard output, mostly by ending.
    case ended
    /// The deadline passed.
    case overdue
    /// It said more than it may; there will be no further line.
    case tooLarge
    /// We were told to stop.
    case interrupted
  }

  /// Sends one line, without its line feed; false if the child takes it no more or not in time.
  package var send: @Sendable (_ line: [UInt8], ContinuousClock.Instant) async -> Bool
  /// Waits for the next line.
  package var nextLine: @Sendable (_ deadline: ContinuousClock.Instant) async -> Event

  package init(
    send: @escaping @Sendable (_ line: [UInt8], ContinuousClock.Instant) async -> Bool,
    nextLine: @escaping @Sendable (_ deadline: ContinuousClock.Instant) async -> Event
  ) {
    self.send = send
    self.nextLine = nextLine
  }

  /// How long a line may be, in bytes.
  package static let longestLine = 8 << 20
  /// How many bytes a child may write to standard output, and to standard error.
  package static let outputLimit = 64 << 20
}

/// How the child of a conversation ended.
package struct ConversationEnd: Sendable, Equatable {
  /// `exited`, `signalled` or `notStarted`.
  package let ending: CommandEnding
  /// The last part of standard error, at most `CommandRunner.errorTailBytes`.
  package let errorTail: [UInt8]

  package init(ending: CommandEnding, errorTail: [UInt8]) {
    self.ending = ending
    self.errorTail = errorTail
  }
}

/// Holds conversations, as a value so that a test can answer in the child's place.
package struct ConversationRunner: Sendable {
  package typealias Body = @Sendable (Conversation) async -> Void

  /// Starts a child, lets the body talk with it, and ends it: nothing of it is left on return.
  ///
  /// The body is not called if the child cannot be started. Its task is not cancelled when ours is:
  /// it hears of that by `interrupted`. An error means that we could not even make the file for
  /// standard error, in the folder that is given.
  package var run:
    @Sendable (ConversationPartner, FilePath, @escaping Body) async throws(FileError)
      -> ConversationEnd

  package init(
    run:
      @escaping @Sendable (ConversationPartner, FilePath, @escaping Body)
      async throws(FileError) -> ConversationEnd
  ) {
    self.run = run
  }

  /// The same with a result; nil if the child could not be started.
  package func callAsFunction<Result: Sendable>(
    _ partner: ConversationPartner, scratch: FilePath,
    body: @escaping @Sendable (Conversation) async -> Result
  ) async throws(FileError) -> (result: Result?, end: ConversationEnd) {
    let outcome = Outcome<Result>()
    let end = try await run(partner, scratch) { outcome.keep(await body($0)) }
    return (outcome.value, end)
  }
}

/// What a body returned, carried out of a closure that returns nothing.
private final class Outcome<Value: Sendable>: Sendable {
  private let kept = Mutex<Value?>(nil)

  var value: Value? { kept.withLock { $0 } }

  func keep(_ value: Value) { kept.withLock { $0 = value } }
}

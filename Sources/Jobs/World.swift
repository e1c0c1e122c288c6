package import Shared
package import SystemPackage

/// Everything a job can notice or change besides files, made once in `main` and handed down.
///
/// No job reads a global: a test gives it a world of its own, and what the test did not provide
/// stops the test.
package struct World: Sendable {
  package var clock: Clock
  package var environment: [String: String]
  package var processes: ProcessTable
  package var children: CommandRunner
  package var conversations: ConversationRunner
  package var pid: Int32
  package var terminal: Terminal

  package init(
    clock: Clock, environment: [String: String], processes: ProcessTable,
    children: CommandRunner, conversations: ConversationRunner, pid: Int32, terminal: Terminal
  ) {
    self.clock = clock
    self.environment = environment
    self.processes = processes
    self.children = children
    self.conversations = conversations
    self.pid = pid
    self.terminal = terminal
  }

  /// How the locks of a job see this process and all others.
  package func locks(for job: String) -> LockContext {
    LockContext(
      owner: .current(run: job, processes: processes), waiting: .live, processes: processes)
  }

  /// Where nameless files go that may not be in the workspace.
  package var temporaryFolder: FilePath {
    let named = environment["TMPDIR"].map { FilePath($0) } ?? "/tmp"
    return named.isAbsolute ? named : "/tmp"
  }

  /// How far acknowledged writes are forced out: all the way unless `JOBRUNNER_FSYNC` says
  /// `normal` or, for tests, `off`.
  package var durability: Durability {
    environment["JOBRUNNER_FSYNC"].flatMap(Durability.init(rawValue:)) ?? .full
  }
}

/// Where text for people goes.
package struct Terminal: Sendable {
  /// Writes to standard output; results only.
  package var out: @Sendable (String) -> Void
  /// Writes to standard error; everything that is not a result.
  package var err: @Sendable (String) -> Void
  package var outIsTerminal: Bool
  package var errIsTerminal: Bool

  package init(
    out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void,
    outIsTerminal: Bool, errIsTerminal: Bool
  ) {
    self.out = out
    self.err = err
    self.outIsTerminal = outIsTerminal
    self.errIsTerminal = errIsTerminal
  }
}

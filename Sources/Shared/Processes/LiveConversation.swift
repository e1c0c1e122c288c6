internal import Subprocess
internal import Synchronization
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ConversationRunner {
  /// Real children, each in a process group of its own.
  package static let live = ConversationRunner { partner, scratch, body async throws(FileError) in
    let errors = try PrivateFile.nameless(in: scratch)
    defer { try? errors.close() }
    let conversation: LiveConversation
    do throws(Errno) {
      conversation = try LiveConversation(errors: errors)
    } catch {
      throw FileError(operation: "pipe", path: scratch, errno: error)
    }
    // A task of its own, so that ending the child takes the time it takes also when ours is
    // cancelled.
    let talk = Task { await conversation.hold(with: partner, body) }
    let ending = await withTaskCancellationHandler {
      await talk.value
    } onCancel: {
      conversation.interrupt()
    }
    return ConversationEnd(ending: ending, errorTail: PrivateFile.tail(of: errors))
  }
}

/// One child, its pipes and its end.
private actor LiveConversation {
  /// How long a child may take to end by itself once its standard input is closed.
  static let graceAfterEnd = Duration.seconds(1)
  /// How long it may take to obey TERM before KILL.
  static let graceAfterTerm = Duration.seconds(2)

  private nonisolated let isInterrupted = Atomic(false)
  private let errors: FileDescriptor
  private let input: PipeEnd
  private let output: PipeEnd
  private let childsInput: FileDescriptor
  private let childsOutput: FileDescriptor
  private var child: pid_t = 0
  private var inbox = LineInbox()

  init(errors: FileDescriptor) throws(Errno) {
    self.errors = errors
    (input, childsInput) = try PipeEnd.make(childReads: true)
    do throws(Errno) {
      (output, childsOutput) = try PipeEnd.make(childReads: false)
    } catch {
      input.close()
      try? childsInput.close()
      throw error
    }
  }

  /// Tells the body at its next look that it is time to stop.
  nonisolated func interrupt() { isInterrupted.store(true, ordering: .relaxed) }

  // MARK: Start and end

  func hold(
    with partner: ConversationPartner, _ body: @escaping ConversationRunner.Body
  ) async -> CommandEnding {
    defer { output.close() }
    var options = PlatformOptions()
    options.processGroupID = 0
    let environment = partner.environment.map { (Environment.Key(stringLiteral: $0), $1) }
    do {
      let result = try await Subprocess.run(
        .path(partner.executable), arguments: Arguments(partner.arguments),
        environment: .custom(Dictionary(environment) { $1 }),
        workingDirectory: partner.workingDirectory, platformOptions: options,
        input: .fileDescriptor(childsInput, closeAfterSpawningProcess: true),
        output: .fileDescriptor(childsOutput, closeAfterSpawningProcess: true),
        error: .fileDescriptor(errors, closeAfterSpawningProcess: false)
      ) { execution in
        child = execution.processIdentifier.value
        await body(
          Conversation(
            send: { await self.send($0, until: $1) },
            nextLine: { await self.nextLine(until: $0) }))
        input.close()
        await end()
      }
      switch result.terminationStatus {
      case .exited(let code): return .exited(code)
      case .signaled(let signal): return .signalled(signal)
      }
    } catch {
      input.close()
      return .notStarted("\(partner.executable): \(error)")
    }
  }

  /// Ends a child whose standard input is closed, and all that it started.
  ///
  /// It is reaped only after this, so the group's number is still its own when KILL goes out: to the
  /// child that obeyed nothing, or to a grandchild that outlived it.
  private func end() async {
    guard child > 1 else { return }
    if await !hasEnded(within: Self.graceAfterEnd) {
      _ = kill(-child, SIGTERM)
      if await !hasEnded(within: Self.graceAfterTerm) {
        _ = kill(-child, SIGKILL)
        _ = await hasEnded(within: Self.graceAfterTerm)
      }
    }
    _ = kill(-child, SIGKILL)
  }

  private func hasEnded(within grace: Duration) async -> Bool {
    let deadline = ContinuousClock.now + grace
    var pause = Pause()
    while !hasEnded {
      if ContinuousClock.now >= deadline { return false }
      await pause.take(until: deadline)
    }
    return true
  }

  /// Looks without reaping.
  private var hasEnded: Bool {
    var info = siginfo_t()
    let result = waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT)
    // An error means that there is nothing to wait for.
    return result == 0 ? info.si_signo == SIGCHLD : errno != EINTR
  }

  // MARK: Talk

  private func send(_ line: [UInt8], until deadline: ContinuousClock.Instant) async -> Bool {
    let bytes = line + [UInt8(ascii: "\n")]
    var rest = bytes[...]
    var pause = Pause()
    while !rest.isEmpty {
      guard !isInterrupted.load(ordering: .relaxed), let count = try? input.write(rest) else {
        return false
      }
      rest = rest.dropFirst(count)
      if count > 0 { continue }
      guard ContinuousClock.now < deadline else { return false }
      await pause.take(until: deadline)
    }
    return true
  }

  private func nextLine(until deadline: ContinuousClock.Instant) async -> Conversation.Event {
    var pause = Pause()
    while true {
      if isInterrupted.load(ordering: .relaxed) { return .interrupted }
      if let line = inbox.next() { return .line(line) }
      if inbox.isOver || errors.currentSize > Conversation.outputLimit { return .tooLarge }
      guard ContinuousClock.now < deadline else { return .overdue }
      // Looked at first: what it said before it ended is still read, and then nothing is waited
      // for that a grandchild could say.
      let isLastLook = hasEnded
      do throws(Errno) {
        if let bytes = try output.read(upTo: 64 << 10) {
          if bytes.isEmpty { return .ended }
          inbox.append(bytes)
          continue
        }
      } catch {
        return .ended
      }
      if isLastLook { return .ended }
      await pause.take(until: deadline)
    }
  }
}

/// The time between two looks at a child: short at first, for one that answers at once.
///
/// Looking costs two system calls and needs no thread. An event source of the system's library
/// would spare them, but on Linux it can crash when it is cancelled while its descriptor becomes
/// ready.
private struct Pause {
  private static let longest = Duration.milliseconds(10)
  private var next = Duration.microseconds(250)

  mutating func take(until deadline: ContinuousClock.Instant) async {
    try? await Task.sleep(for: max(.zero, min(next, deadline - .now)))
    next = min(next * 2, Self.longest)
  }
}

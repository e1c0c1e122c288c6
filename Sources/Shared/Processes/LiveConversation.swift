internal import Subprocess
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
      conversation.alarm.raise()
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
  /// How often the size of standard error is looked at while nothing else happens.
  static let watchInterval = Duration.milliseconds(200)

  nonisolated let alarm = Alarm()
  private let errors: FileDescriptor
  private let input: PipeEnd
  private let output: PipeEnd
  private let childsInput: FileDescriptor
  private let childsOutput: FileDescriptor
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
        await body(
          Conversation(
            send: { await self.send($0, until: $1) },
            nextLine: { await self.nextLine(until: $0) }))
        input.close()
        await end(execution.processIdentifier.value)
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
  private func end(_ child: pid_t) async {
    guard child > 1 else { return }
    if await !hasEnded(child, within: Self.graceAfterEnd) {
      _ = kill(-child, SIGTERM)
      if await !hasEnded(child, within: Self.graceAfterTerm) {
        _ = kill(-child, SIGKILL)
        _ = await hasEnded(child, within: Self.graceAfterTerm)
      }
    }
    _ = kill(-child, SIGKILL)
  }

  private func hasEnded(_ child: pid_t, within grace: Duration) async -> Bool {
    let deadline = ContinuousClock.now + grace
    var pause = Duration.milliseconds(1)
    while true {
      var info = siginfo_t()
      // Looks without reaping. An error means that there is nothing to wait for.
      let result = waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT)
      if result != 0 ? errno != EINTR : info.si_signo == SIGCHLD { return true }
      if ContinuousClock.now >= deadline { return false }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(20))
    }
  }

  // MARK: Talk

  private func send(_ line: [UInt8], until deadline: ContinuousClock.Instant) async -> Bool {
    let bytes = line + [UInt8(ascii: "\n")]
    var rest = bytes[...]
    while !rest.isEmpty {
      guard !alarm.isRaised, let count = try? input.write(rest) else { return false }
      rest = rest.dropFirst(count)
      if count > 0 { continue }
      guard ContinuousClock.now < deadline else { return false }
      await input.wait(for: .write, until: deadline, or: alarm)
    }
    return true
  }

  private func nextLine(until deadline: ContinuousClock.Instant) async -> Conversation.Event {
    while true {
      if alarm.isRaised { return .interrupted }
      if let line = inbox.next() { return .line(line) }
      if inbox.isOver || errors.currentSize > Conversation.outputLimit { return .tooLarge }
      guard ContinuousClock.now < deadline else { return .overdue }
      do throws(Errno) {
        if let bytes = try output.read(upTo: 64 << 10) {
          if bytes.isEmpty { return .ended }
          inbox.append(bytes)
          continue
        }
      } catch {
        return .ended
      }
      let look = min(deadline, .now + Self.watchInterval)
      await output.wait(for: .read, until: look, or: alarm)
    }
  }
}

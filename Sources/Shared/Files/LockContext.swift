import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a lock needs to know of its surroundings; made once, passed down.
package struct LockContext: Sendable {
  /// Who locks.
  package var owner: LockOwner
  /// How time passes.
  package var waiting: Waiting
  /// What can be seen of other processes.
  package var processes: ProcessTable

  /// Puts the three together.
  package init(owner: LockOwner, waiting: Waiting, processes: ProcessTable) {
    self.owner = owner
    self.waiting = waiting
    self.processes = processes
  }

  /// This process on this machine; `run` says in one word what it is doing.
  package static func live(run: String) -> LockContext {
    LockContext(
      owner: .current(run: run, processes: .live), waiting: .live, processes: .live)
  }
}

/// Passing time while waiting, measured on a clock that nobody can set.
package struct Waiting: Sendable {
  /// Time since some fixed point, on the monotonic clock.
  package var now: @Sendable () -> Duration
  /// Lets time pass.
  package var sleep: @Sendable (Duration) -> Void
  /// A factor in the given range, so that waiters do not move in step.
  package var jitter: @Sendable (ClosedRange<Double>) -> Double

  /// Makes a clock from its three functions.
  package init(
    now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) -> Void,
    jitter: @escaping @Sendable (ClosedRange<Double>) -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.jitter = jitter
  }

  /// The real clock.
  package static let live = Waiting(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    },
    sleep: { duration in
      let (seconds, attoseconds) = duration.components
      guard seconds > 0 || attoseconds > 0 else { return }
      var rest = timespec()
      rest.tv_sec = time_t(seconds)
      rest.tv_nsec = Int(attoseconds / 1_000_000_000)
      var left = timespec()
      while nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
    },
    jitter: { Double.random(in: $0) }
  )
}

/// Who holds a lock, as one line in the lock file.
package struct LockOwner: Equatable, Sendable {
  /// The process.
  package var pid: Int32
  /// The machine.
  package var host: String
  /// The kernel's id of the time since it was started.
  package var boot: String
  /// Start of the process, in milliseconds since 1970; 0 if unknown.
  package var start: Int64
  /// What the process is doing, one word.
  package var run: String

  /// Names a holder.
  package init(pid: Int32, host: String, boot: String, start: Int64, run: String) {
    self.pid = pid
    self.host = host
    self.boot = boot
    self.start = start
    self.run = run
  }

  /// This process.
  package static func current(run: String, processes: ProcessTable) -> LockOwner {
    LockOwner(
      pid: getpid(), host: hostName(), boot: bootIdentifier(),
      start: processes.startTime(getpid()) ?? 0, run: run)
  }

  private static let magic = "jobrunner"

  /// The line that goes into the file.
  package var line: String {
    [Self.magic, "\(pid)", Self.word(host), Self.word(boot), "\(start)", Self.word(run)]
      .joined(separator: " ") + "\n"
  }

  /// Reads a line back; nil if it is not one of ours, or not written to its end.
  package init?(line: some Collection<UInt8>) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasSuffix("\n") else { return nil }
    let words = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, words[0] == Self.magic, let pid = Int32(words[1]), pid > 0,
      let start = Int64(words[4])
    else { return nil }
    self.init(
      pid: pid, host: String(words[2]), boot: String(words[3]), start: start, run: String(words[5]))
  }

  private static func word(_ text: String) -> String {
    text.isEmpty ? "-" : String(text.map { $0.isWhitespace ? "_" : $0 })
  }
}

private func hostName() -> String {
  var buffer = [CChar](repeating: 0, count: 257)
  guard gethostname(&buffer, 256) == 0 else { return "" }
  return buffer.withUnsafeBufferPointer { name in
    String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

private func bootIdentifier() -> String {
  #if canImport(Darwin)
  var buffer = [CChar](repeating: 0, count: 64)
  var size = buffer.count - 1
  guard sysctlbyname("kern.bootsessionuuid", &buffer, &size, nil, 0) == 0 else { return "" }
  return buffer.withUnsafeBufferPointer { name in
    String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
  #else
  guard let file = try? readWholeFile("/proc/sys/kernel/random/boot_id") else { return "" }
  return String(decoding: file.bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
  #endif
}

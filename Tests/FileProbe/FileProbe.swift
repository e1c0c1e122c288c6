import Shared
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Does one thing to files in a process of its own, so that tests can kill it or trace it.
@main
struct FileProbe {
  static func main() {
    signal(SIGXFSZ, SIG_IGN)
    var arguments = Array(CommandLine.arguments.dropFirst())
    let verb = arguments.removeFirst()
    // A system call that marks in a trace where the work begins.
    access("/probe-begins", F_OK)
    do {
      try run(verb, arguments)
    } catch {
      print(error)
      exit(1)
    }
  }

  private static func run(_ verb: String, _ arguments: [String]) throws {
    let path = FilePath(arguments[0])
    let context = LockContext.live(run: verb)
    switch verb {
    case "replace":
      let folder = path.removingLastComponent()
      let name = path.lastComponent?.string ?? ""
      try Leftovers.sweep(in: folder, of: name, processes: .live)
      try AtomicReplace(durability: .full).write(Array(arguments[1].utf8), to: path)
    case "append":
      let log = AppendLog(
        path: path, locks: FilePath(arguments[1]), tornTail: .setAside, durability: .full,
        lockWait: .seconds(5), context: context)
      try log.append(Array(arguments[2].utf8))
    case "append-once":
      try appendOnce(path, locks: FilePath(arguments[1]), line: arguments[2], context)
    case "append-next":
      try appendNext(path, locks: FilePath(arguments[1]), count: Int(arguments[2]) ?? 0, context)
    case "record":
      try record(path, row: arguments[1], context)
    case "record-many":
      try recordMany(path, name: arguments[1], count: Int(arguments[2]) ?? 0, context)
    case "rotate":
      try rotate(path, locks: FilePath(arguments[1]), archive: arguments[2], mode: arguments[3])
    case "hold":
      let lock = try FileLock.acquire(path, waitingUpTo: .zero, context: context)
      try announceAndWait(arguments[1], held: lock != nil)
      withExtendedLifetime(lock) {}
    case "hold-foreign":
      let lock = try ForeignLockFile.acquire(
        path, waitingUpTo: .zero, rules: .standard, context: context)
      try announceAndWait(arguments[1], held: lock != nil)
      withExtendedLifetime(lock) {}
    case "hold-as-original":
      let raw = open(path.string, O_WRONLY | O_CREAT | O_EXCL, 0o600)
      try announceAndWait(arguments[1], held: raw >= 0)
    case "count":
      try count(path, in: FilePath(arguments[1]), arguments[2...].compactMap { Int($0) }, context)
    case "is-alive":
      exit(ProcessTable.live.isAlive(Int32(arguments[0]) ?? 0) ? 0 : 1)
    case "write-lines":
      writeLines(
        path, id: arguments[1], count: Int(arguments[2]) ?? 0, keepsOpen: arguments[3] == "long")
    case "rollouts":
      try rollouts(home: path, memory: FilePath(arguments[1]), now: arguments[2])
    default:
      print("unknown verb", verb)
      exit(64)
    }
  }

  private static func announceAndWait(_ signalFile: String, held: Bool) throws {
    guard held else { exit(2) }
    close(open(signalFile, O_WRONLY | O_CREAT, 0o600))
    sleep(60)
  }

  /// Adds to a number in a file under the shared lock, as often as asked; may kill itself inside.
  private static func count(
    _ lockPath: FilePath, in file: FilePath, _ numbers: [Int], _ context: LockContext
  ) throws {
    let rules = ForeignLockFile.Rules(
      observation: .milliseconds(300), scanGap: .milliseconds(20), poll: .milliseconds(5))
    var done = 0
    while done < numbers[0] {
      guard
        let lock = try ForeignLockFile.acquire(
          lockPath, waitingUpTo: .seconds(30), rules: rules, context: context)
      else { exit(3) }
      let text = try readWholeFile(file).map { String(decoding: $0.bytes, as: UTF8.self) }
      let next = (text.flatMap { Int($0) } ?? 0) + 1
      let outcome = try AtomicReplace(durability: .off).write(Array("\(next)".utf8), to: file) {
        () throws(FileError) in try lock.isStillMine()
      }
      if outcome != .discarded { done += 1 }
      if done == numbers[1] { kill(getpid(), SIGKILL) }
      lock.release()
    }
  }

  private static func writeLines(_ path: FilePath, id: String, count: Int, keepsOpen: Bool) {
    var descriptor: Int32 = -1
    let filler = String(repeating: "x", count: 80)
    for number in 0..<count {
      if descriptor < 0 {
        descriptor = open(path.string, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
      }
      let line = Array("\(id):\(number):\(filler)\n".utf8)
      write(descriptor, line, line.count)
      if !keepsOpen {
        close(descriptor)
        descriptor = -1
      }
      // Bursts, so that some rotations begin in one and some between two.
      if number % 50 == 49 { usleep(15_000) }
    }
  }
}

package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The lock of another program whose only rule is: while the file exists, it is held.
///
/// We take it by its rule. Beyond that we keep our descriptor open while we hold it, lock it with
/// `flock` and write into it who we are, so that our own locks are known for dead the moment their
/// process is. A lock that somebody else left is broken only with proof: unchanged for longer than
/// any holder needs, and no process has it open.
package struct ForeignLockFile: ~Copyable {
  private let path: FilePath
  private let file: FileDescriptor
  private let identity: FileIdentity

  /// How long things take. The other program's waiters give up after 5 s, so whatever is held
  /// honestly is held for less.
  package struct Patience: Sendable {
    /// How long a lock must have stood unchanged before it may be dead.
    package var observation: Duration
    /// The time between the two looks at who has it open.
    package var betweenLooks: Duration
    /// The longest pause between two tries.
    package var pollInterval: Duration

    package init(observation: Duration, betweenLooks: Duration, pollInterval: Duration) {
      self.observation = observation
      self.betweenLooks = betweenLooks
      self.pollInterval = pollInterval
    }

    /// Twice the other program's own time-out, counted on a clock that cannot be set.
    package static let standard = Patience(
      observation: .seconds(10), betweenLooks: .milliseconds(250),
      pollInterval: .milliseconds(50))
  }

  private init(_ path: FilePath, _ file: FileDescriptor, _ identity: FileIdentity) {
    self.path = path
    self.file = file
    self.identity = identity
  }

  /// Released by removing the name while the descriptor is still open: at no moment does the file
  /// exist without somebody having it open.
  deinit {
    if isStillMine { _ = path.withPlatformString { unlink($0) } }
    try? file.close()
  }

  /// Whether the name still means our file: asked just before what the lock protects is changed.
  package var isStillMine: Bool {
    guard let mine = try? file.stat(), mine.linkCount == 1, let there = try? Stat(path)
    else { return false }
    return FileIdentity(there) == identity && FileIdentity(mine) == identity
  }

  /// Takes the lock, waiting for up to `limit` and breaking a dead one on the way.
  ///
  /// - Returns: nil when it was held all that time.
  package static func acquire(
    _ path: FilePath, waitingUpTo limit: Duration, processes: ProcessTable,
    patience: Patience = .standard
  ) throws(FileError) -> ForeignLockFile? {
    let end = ContinuousClock.now + limit
    var watcher = LockWatcher(path: path, processes: processes, patience: patience)
    while true {
      if let lock = try create(path) { return lock }
      if try watcher.breakIfDead() { continue }
      guard ContinuousClock.now < end else { return nil }
      let longest = patience.pollInterval.inSeconds * 1_000_000
      usleep(UInt32(longest * Double.random(in: 0.1...1)))
    }
  }

  private static func create(_ path: FilePath) throws(FileError) -> ForeignLockFile? {
    let file: FileDescriptor
    do throws(FileError) {
      file = try SystemCall.open(
        path, .writeOnly, [.create, .exclusiveCreate, .noFollow], permissions: [.ownerReadWrite])
    } catch {
      guard error.errno == .fileExists else { throw error }
      return nil
    }
    do throws(FileError) {
      let identity = FileIdentity(try SystemCall.status(file, path))
      // In this order: a file with our signature is one whose holder had locked it before.
      _ = flock(file.rawValue, LOCK_EX | LOCK_NB)
      try SystemCall.write(Array(LockSignature.ours.line.utf8), to: file, path)
      return ForeignLockFile(path, file, identity)
    } catch {
      try? SystemCall.remove(path)
      try? file.close()
      throw error
    }
  }
}

/// The line we write into a lock that we hold.
struct LockSignature: Equatable {
  var host: String
  /// Changes with every start of the machine.
  var boot: String

  static let ours = LockSignature(host: hostName(), boot: bootIdentity())

  var line: String {
    "jobrunner \(host) \(boot) \(getpid()) \(Clock.system.now().text)\n"
  }

  /// The signature in a lock's content; nil when the content is not ours to read.
  init?(_ content: [UInt8]) {
    let words = String(decoding: content.prefix(1_024), as: UTF8.self).split(separator: " ")
    guard words.count == 5, words[0] == "jobrunner", content.last == UInt8(ascii: "\n")
    else { return nil }
    self.init(host: String(words[1]), boot: String(words[2]))
  }

  init(host: String, boot: String) {
    self.host = host
    self.boot = boot
  }

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return "?" }
    let name = buffer.withUnsafeBufferPointer { pointer in
      pointer.baseAddress.map { String(cString: $0) } ?? ""
    }
    return name.isEmpty ? "?" : name.split(separator: " ").joined(separator: "_")
  }

  private static func bootIdentity() -> String {
    #if os(Linux)
    guard let file = try? SystemCall.open("/proc/sys/kernel/random/boot_id", .readOnly)
    else { return "?" }
    defer { try? file.close() }
    let bytes = (try? file.bytes(from: 0, upTo: 64)) ?? []
    return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    #else
    var time = timeval()
    var size = MemoryLayout<timeval>.size
    sysctlbyname("kern.boottime", &time, &size, nil, 0)
    return String(time.tv_sec)
    #endif
  }
}

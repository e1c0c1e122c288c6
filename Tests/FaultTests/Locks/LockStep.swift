/// What a program does to a lock and to what it guards, one step a system call.
enum LockStep: String, Hashable, Sendable {
  // Taking, changing, giving back.
  case create, kernelLock, sign, read, stage, check, replace, release
  // Breaking a dead one's.
  case look, probe, guardLock, aside, identify, discard, unguard
  // A ledger under a lock file of its own.
  case take, decide, append, giveBack

  /// The original's: the lock is the existence of a file, kept open; nothing else is looked at.
  static let original: [LockStep] = [.create, .read, .stage, .replace, .release]

  /// The steps of a trace of `refresh-usage` from the lock that it got to the one it gave back.
  static func taking(in lines: [String]) -> [LockStep] {
    guard let start = lines.firstIndex(where: { $0.isCreation && !$0.failed }),
      let end = lines[start...].firstIndex(where: { $0.calls("unlink", "/registry.lock\"") })
    else { return [] }
    return lines[start...end].compactMap { line in
      if line.isCreation { return .create }
      if line.calls("flock", "/registry.lock>, LOCK_EX)") { return .kernelLock }
      if line.calls("write", "/registry.lock>") { return .sign }
      if line.calls("openat", "/registry.json\", O_RDONLY") { return .read }
      if line.calls("openat", "/registry.json.tmp.") { return .stage }
      if line.calls("newfstatat(AT_FDCWD", "/registry.lock\"") { return .check }
      if line.calls("rename", "/registry.json\")") { return .replace }
      return line.calls("unlink", "/registry.lock\"") ? .release : nil
    }
  }

  /// The steps from the lock that it did not get to the one that it did.
  static func breaking(in lines: [String]) -> [LockStep] {
    guard let start = lines.firstIndex(where: { $0.isCreation && $0.failed }),
      let end = lines[start...].firstIndex(where: { $0.isCreation && !$0.failed })
    else { return [] }
    return lines[start..<end].compactMap { line in
      if line.calls("pread64", "/registry.lock>, \"jobrunner") { return .look }
      if line.calls("flock", "/registry.lock>, LOCK_EX|LOCK_NB)") { return .probe }
      if line.calls("flock", "/registry.lock.guard>") { return .guardLock }
      if line.calls("rename", "/registry.lock.break.") { return .aside }
      if line.calls("newfstatat(AT_FDCWD", "/registry.lock.break.") { return .identify }
      if line.calls("unlink", "/registry.lock.break.") { return .discard }
      return line.calls("close", "/registry.lock.guard>") ? .unguard : nil
    }
  }

  /// The steps of a trace that appends to a ledger, from its lock file's lock to the end of that.
  static func appending(to ledger: String, in lines: [String]) -> [LockStep] {
    let lock = "/locks/\(ledger)-"
    guard let start = lines.firstIndex(where: { $0.calls("flock", lock) }),
      let end = lines[start...].firstIndex(where: { $0.calls("close", lock) })
    else { return [] }
    return lines[start...end].compactMap { line in
      if line.calls("flock", lock) { return .take }
      if line.calls("openat", "/\(ledger)\", O_RDONLY") { return .decide }
      if line.calls("write", "/\(ledger)>") { return .append }
      return line.calls("close", lock) ? .giveBack : nil
    }
  }
}

extension String {
  fileprivate func calls(_ name: String, _ part: String) -> Bool {
    // Behind the number of the thread, which is padded.
    let call = drop { $0.isNumber }.drop { $0 == " " }
    return call.hasPrefix(name) && call.contains(part)
  }

  fileprivate var isCreation: Bool { calls("openat", "/registry.lock\"") && contains("O_EXCL") }
  fileprivate var failed: Bool { contains("EEXIST") }
}

import SystemPackage

/// The journal's own lock first, then those of the files in the order of their names.
extension IntentJournal {
  /// The locks of files, by which those are compared as well: one for each, whatever leads to it.
  func held(_ paths: [FilePath]) throws(IntentError) -> Set<String> {
    try asIntentError { () throws(FileError) in
      var names: Set<String> = []
      for path in paths { names.insert(try SidecarLock.path(for: path, in: locks).string) }
      return names
    }
  }

  func holdingLock<Result>(
    _ body: () throws(IntentError) -> Result
  ) throws(IntentError) -> Result {
    let lock = try take(lockPath)
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  func holding(
    _ names: Set<String>, _ body: () throws(IntentError) -> Void
  ) throws(IntentError) {
    try hold(names.sorted()[...], body)
  }

  private func hold(
    _ names: ArraySlice<String>, _ body: () throws(IntentError) -> Void
  ) throws(IntentError) {
    guard let first = names.first else { return try body() }
    let lock = try take(FilePath(first))
    defer { withExtendedLifetime(lock) {} }
    try hold(names.dropFirst(), body)
  }

  private func take(_ path: FilePath) throws(IntentError) -> FileLock {
    try asIntentError { () throws(FileError) in
      guard let lock = try FileLock.acquire(path, waitingUpTo: lockWait, context: context) else {
        throw FileError(operation: "lock", path: path, errno: .resourceTemporarilyUnavailable)
      }
      return lock
    }
  }
}

func asIntentError<Result: ~Copyable>(
  _ body: () throws(FileError) -> Result
) throws(IntentError) -> Result {
  do throws(FileError) {
    return try body()
  } catch {
    throw .file(error)
  }
}

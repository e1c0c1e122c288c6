package import SystemPackage

/// Changes several files at once: all of them, or none, however the process ends.
///
/// A redo log. What is to be changed is written to one file first, and from the moment that it is
/// on the disk it will happen: in this run, or in the next, which finishes what it finds before it
/// does anything of its own. One run at a time decides, under the journal's lock and those of the
/// files (in the order of their names), none of them held over a child.
package struct IntentJournal: Sendable {
  /// Where intents are kept; it exists while there are some.
  package let folder: FilePath
  let root: FilePath
  let locks: FilePath
  let durability: Durability
  let lockWait: Duration
  let newFileMode: FilePermissions
  let context: LockContext

  /// Describes the journal; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - root: The folder from which files are named in an intent, where they lie below it.
  ///   - locks: The folder of the locks that all appends to the same files take.
  package init(
    folder: FilePath, root: FilePath, locks: FilePath, durability: Durability,
    lockWait: Duration, newFileMode: FilePermissions, context: LockContext
  ) {
    self.folder = folder
    self.root = root
    self.locks = locks
    self.durability = durability
    self.lockWait = lockWait
    self.newFileMode = newFileMode
    self.context = context
  }

  var lockPath: FilePath { locks.appending("intents.lock") }

  /// Decides on files as they are and changes them, with nobody else changing them in between.
  ///
  /// What an interrupted run left is finished first. No steps leave everything as it is; there is
  /// at most one for a file.
  ///
  /// - Parameters:
  ///   - key: The run. It names the intent's file.
  ///   - targets: The files that may be changed, and are read.
  /// - Throws: a conflict when a target awaits a decision on an earlier run.
  package func commit(
    _ key: String, targets: [FilePath], deciding decide: (IntentTargets) -> [IntentStep]
  ) throws(IntentError) {
    try holdingLock { () throws(IntentError) in
      let conflicts = try finishAll()
      let wanted = try held(targets)
      for conflict in conflicts {
        let others = try held(conflict.intent.steps.map(\.path))
        if conflict.intent.key == key || !wanted.isDisjoint(with: others) {
          throw .conflict(conflict.reason)
        }
      }
      try holding(wanted) { () throws(IntentError) in
        var contents = IntentTargets()
        for path in targets { contents.set(try content(of: path), of: path) }
        let steps = decide(contents)
        guard !steps.isEmpty else { return }
        let intent = Intent(key: key, steps: steps.map { $0.recorded(contents) })
        try asIntentError { () throws(FileError) in
          // Behind the next line there is no way back: what can be known to fail, fails here.
          for step in steps { try applier.check(step) }
          try write(intent, Self.name(of: key))
        }
        try apply(intent, Self.name(of: key))
      }
    }
  }

  /// Finishes what interrupted runs left; where nothing was left, nothing is touched.
  ///
  /// - Returns: those that cannot be finished without a decision.
  package func recover() throws(IntentError) -> [IntentConflict] {
    guard try !names().isEmpty else { return [] }
    return try holdingLock { () throws(IntentError) in try finishAll().map(\.reason) }
  }

  // MARK: Doing

  var applier: IntentApply {
    IntentApply(
      durability: durability, newFileMode: newFileMode, processes: context.processes)
  }

  /// Finishes every open intent that can be; the journal's lock is held.
  private func finishAll() throws(IntentError) -> [(intent: Intent, reason: IntentConflict)] {
    var conflicts: [(intent: Intent, reason: IntentConflict)] = []
    for name in try names() {
      guard name.hasSuffix(Self.suffix) else {
        try asIntentError { () throws(FileError) in try sweep(name) }
        continue
      }
      guard let intent = try read(name) else { continue }
      try holding(held(intent.steps.map(\.path))) { () throws(IntentError) in
        if let path = try asIntentError({ () throws(FileError) in try conflict(of: intent) }) {
          conflicts.append((intent, IntentConflict(key: intent.key, path: path)))
        } else {
          try apply(intent, name)
        }
      }
    }
    return conflicts
  }

  /// The first file that is not what was decided on.
  ///
  /// All are looked at before one is changed: an intent in conflict changes nothing more.
  func conflict(of intent: Intent) throws(FileError) -> FilePath? {
    for step in intent.steps {
      if case .append(let append) = step, try applier.standing(of: append) == .changed {
        return append.path
      }
    }
    return nil
  }

  /// Brings an intent about and removes its file.
  func apply(_ intent: Intent, _ name: String) throws(IntentError) {
    for step in intent.steps {
      let isDone = try asIntentError { () throws(FileError) in
        switch step {
        case .append(let append): return try applier.apply(append)
        case .block(let path, let block):
          try applier.apply(block, to: path)
          return true
        }
      }
      guard isDone else { throw .conflict(IntentConflict(key: intent.key, path: step.path)) }
    }
    try asIntentError { () throws(FileError) in try remove(folder.appending(name)) }
  }

  func content(of path: FilePath) throws(IntentError) -> [UInt8]? {
    try asIntentError { () throws(FileError) in try readWholeFile(path)?.bytes }
  }

  // MARK: The folder

  static let suffix = ".json"

  /// The file of a key: readable, of one length at most, and different for different keys.
  static func name(of key: String) -> String {
    let plain = key.unicodeScalars.map { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789-_.:".unicodeScalars.contains(scalar))
        ? String(scalar) : "_"
    }.joined()
    return "\(plain.prefix(120))-\(SHA256.hex(of: Array(key.utf8)).prefix(12))\(suffix)"
  }

  func names() throws(IntentError) -> [String] {
    try asIntentError { () throws(FileError) in try Shared.names(in: folder).sorted() }
  }

  /// An intent by its file's name; nil where there is none.
  func read(_ name: String) throws(IntentError) -> Intent? {
    let path = folder.appending(name)
    guard let bytes = try content(of: path) else { return nil }
    guard let intent = Intent(json: bytes, root: root) else { throw .damaged(path) }
    return intent
  }

  func write(_ intent: Intent, _ name: String) throws(FileError) {
    try applier.makeFoldersDurably(folder)
    try AtomicReplace(durability: durability).write(
      intent.json(root: root), to: folder.appending(name))
  }

  func remove(_ path: FilePath) throws(FileError) {
    let folder = try OpenFolder(folder, durability: durability)
    try unlinkIfPresent(path)
    try folder.sync()
  }

  /// Removes what a killed run was writing, before it was an intent.
  private func sweep(_ name: String) throws(FileError) {
    // What follows is `.tmp.<pid>.<random>`.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).dropLast(3)
    try Leftovers.sweep(in: folder, of: parts.joined(separator: "."), processes: context.processes)
  }
}

extension IntentStep {
  /// The step with what it was decided on.
  fileprivate func recorded(_ targets: IntentTargets) -> Intent.Step {
    switch self {
    case .append(let path, let header, let lines):
      .append(
        Intent.Append(
          path: path, header: header, lines: lines, to: targets.content(of: path) ?? []))
    case .block(let path, let block): .block(path: path, block)
    }
  }
}

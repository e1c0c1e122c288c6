package import SystemPackage

/// What interrupted runs left, for those who decide on it.
extension IntentJournal {
  /// A run that was interrupted, as it was left.
  package struct Open: Sendable, Equatable {
    /// The name of its file in the journal's folder.
    package let name: String
    /// Nil where the file cannot be read as an intent.
    package let intent: Intent?
    /// When it was written.
    package let written: Timestamp
    /// The first file that is no longer what was decided on.
    package let changed: FilePath?

    /// What the run is called by.
    package var key: String { intent?.key ?? name }
  }

  /// The runs that are not done, in the order of their files' names; nothing is changed.
  package func open() throws(FileError) -> [Open] {
    var result: [Open] = []
    for name in try Shared.names(in: folder).sorted() where name.hasSuffix(Self.suffix) {
      guard let file = try readWholeFile(folder.appending(name)) else { continue }
      let intent = Intent(json: file.bytes, root: root)
      result.append(
        Open(
          name: name, intent: intent,
          written: Timestamp(milliseconds: file.status.modificationNanoseconds / 1_000_000),
          changed: try intent.flatMap { (intent) throws(FileError) in try conflict(of: intent) }))
    }
    return result
  }

  /// Finishes one intent on the files as they are now: what is not in them goes to their end.
  ///
  /// - Returns: false where there is no such intent.
  /// - Throws: a conflict where a file's header is another by now.
  package func retry(_ key: String) throws(IntentError) -> Bool {
    try deciding(on: key) { (run) throws(IntentError) in
      guard let intent = run.intent else { throw .damaged(folder.appending(run.name)) }
      try holding(held(intent.steps.map(\.path))) { () throws(IntentError) in
        var steps: [Intent.Step] = []
        for step in intent.steps { steps.append(try rebased(step, intent)) }
        let renewed = Intent(key: intent.key, steps: steps)
        try asIntentError { () throws(FileError) in
          if renewed != intent { try write(renewed, run.name) }
        }
        try apply(renewed, run.name)
      }
    }
  }

  /// Gives up one intent; what it has changed so far stays.
  ///
  /// - Returns: false where there is no such intent.
  package func drop(_ key: String) throws(IntentError) -> Bool {
    try deciding(on: key) { (run) throws(IntentError) in
      try asIntentError { () throws(FileError) in try remove(folder.appending(run.name)) }
    }
  }

  /// Finds an intent by its key or the name of its file, with nobody else at work on it.
  private func deciding(
    on key: String, _ body: (Open) throws(IntentError) -> Void
  ) throws(IntentError) -> Bool {
    guard try !names().isEmpty else { return false }
    return try holdingLock { () throws(IntentError) in
      let runs = try asIntentError { () throws(FileError) in try open() }
      guard let run = runs.first(where: { $0.key == key || $0.name == key }) else { return false }
      try body(run)
      return true
    }
  }

  /// The same change decided on the file as it is now.
  private func rebased(
    _ step: Intent.Step, _ intent: Intent
  ) throws(IntentError) -> Intent.Step {
    guard case .append(let append) = step,
      try asIntentError({ () throws(FileError) in try applier.standing(of: append) }) == .changed
    else { return step }
    let content = try content(of: append.path) ?? []
    guard append.fits(content) else {
      throw .conflict(IntentConflict(key: intent.key, path: append.path))
    }
    return .append(
      Intent.Append(
        path: append.path, header: append.header, lines: append.lines, to: content))
  }
}

package import Shared
package import SystemPackage

/// What is wrong and was said already, so that a trigger of every minute does not say it 1,440
/// times a day.
///
/// One small file a subject below `.jobrunner/incidents`; the subject being well again ends its
/// incidents.
package struct Incidents: Sendable {
  private let folder: FilePath

  package init(_ folder: FilePath) {
    self.folder = folder
  }

  /// Whether a failure is to be said now, and notes that it is: the first time, and once more for
  /// each ``silence`` that it lasts.
  ///
  /// Where nothing can be noted it is said.
  ///
  /// - Parameter again: nil says it once, however long it lasts.
  package func shouldSay(
    _ message: String, of subject: String, now: Timestamp, again: Duration? = silence
  ) -> Bool {
    let path = folder.appending(subject)
    let key = Self.key(of: message)
    var said = Self.read(StateFile.read(path))
    if let last = said.first(where: { $0.key == key }) {
      let age = now - last.at
      // A stamp of the future is a clock that was set back: said once more rather than never.
      guard age < .zero || again.map({ age >= $0 }) ?? false else { return false }
    }
    said.removeAll { $0.key == key }
    said.append(Said(key: key, at: now))
    try? StateFile.write(Self.bytes(said.suffix(Self.remembered)), to: path)
    return true
  }

  /// Ends the incidents of a subject that is well.
  package func end(_ subject: String) {
    let path = folder.appending(subject)
    if FileMark.time(of: path) != nil { discardFile(path) }
  }

  /// How long a failure that was said is kept silent.
  package static let silence: Duration = .seconds(24 * 3_600)
  /// Failures that alternate are each said once.
  private static let remembered = 16

  /// The same failure with another number in it, a time or a count, is the same.
  static func key(of message: String) -> String {
    ContentID.of([String(message.map { $0.isNumber ? "#" : $0 })])
  }

  // MARK: The file: lines of a key and a time

  private struct Said {
    let key: String
    let at: Timestamp
  }

  private static func read(_ bytes: [UInt8]) -> [Said] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let at = Timestamp(String(parts[1])) else { return nil }
      return Said(key: String(parts[0]), at: at)
    }
  }

  private static func bytes(_ said: some Sequence<Said>) -> [UInt8] {
    said.flatMap { Array("\($0.key) \($0.at.text)\n".utf8) }
  }
}

package import SystemPackage

/// One change of one file, as a job decides on it.
package enum IntentStep: Sendable, Equatable {
  /// Adds whole lines at the end of a file of lines; `header` goes before them where the file is
  /// empty or missing.
  case append(path: FilePath, header: [UInt8], lines: [UInt8])
  /// Puts a block into a Markdown file that people write too.
  case block(path: FilePath, MarkedBlock)

  /// The file it changes.
  package var path: FilePath {
    switch self {
    case .append(let path, _, _), .block(let path, _): path
    }
  }
}

/// Changes of several files that happen all or not at all, as they are kept on disk until done.
package struct Intent: Sendable, Equatable {
  /// What the changes belong to: the same run has the same key, and an open intent of it is the run
  /// that was interrupted.
  package let key: String
  package let steps: [Step]

  /// A change, together with what it was decided on.
  package enum Step: Sendable, Equatable {
    case append(Append)
    case block(path: FilePath, MarkedBlock)

    /// The file it changes.
    package var path: FilePath {
      switch self {
      case .append(let append): append.path
      case .block(let path, _): path
      }
    }
  }

  /// Lines to be added, and the file they are added to.
  package struct Append: Sendable, Equatable {
    package let path: FilePath
    /// Length of the file before.
    package let base: Int64
    /// SHA-256 of the last 4 KiB before `base`.
    package let prefixHash: String
    /// How often the same lines were in the file before.
    package let copies: Int
    /// What goes before the lines: a header, or the end of a line that was torn.
    package let start: [UInt8]
    /// What an empty file begins with.
    package let header: [UInt8]
    package let lines: [UInt8]

    /// What is written at `base`.
    package var data: [UInt8] { start + lines }
  }
}

/// What a job decides on: the files it will change, while nobody else may change them.
package struct IntentTargets: Sendable {
  private var contents: [FilePath: [UInt8]] = [:]

  init() {}

  /// Files as they are, for a look ahead: with no lock held, they may be others when it counts.
  package static func unlocked(_ paths: [FilePath]) throws(FileError) -> IntentTargets {
    var targets = IntentTargets()
    for path in paths { targets.set(try readWholeFile(path)?.bytes, of: path) }
    return targets
  }

  /// A file's bytes; nil where there is no such file, or it is none of the targets.
  package func content(of path: FilePath) -> [UInt8]? { contents[path] }

  mutating func set(_ content: [UInt8]?, of path: FilePath) { contents[path] = content }
}

/// Why changes of several files did not happen, or not yet.
package enum IntentError: Error, Equatable, Sendable {
  case file(FileError)
  /// A file is no longer what an earlier, interrupted run decided on; its intent is kept.
  case conflict(IntentConflict)
  /// The record of an interrupted run cannot be read; it is kept.
  case damaged(FilePath)
}

/// An interrupted run that cannot be finished without a decision.
package struct IntentConflict: Error, Equatable, Sendable {
  /// The run.
  package let key: String
  /// The file that was changed meanwhile.
  package let path: FilePath

  /// Names a run and the file it stumbles over.
  package init(key: String, path: FilePath) {
    self.key = key
    self.path = path
  }
}

extension Intent.Append {
  /// How much before the base is compared.
  static let prefixLength: Int64 = 4_096

  /// Lines for a file of some content.
  init(path: FilePath, header: [UInt8], lines: [UInt8], to content: [UInt8]) {
    // A torn last line is ended where it is: people and other programs write these files too.
    let start = Self.isBlank(content) ? header : content.last == newline ? [] : [newline]
    self.init(
      path: path, base: Int64(content.count),
      prefixHash: SHA256.hex(of: Array(content.suffix(Int(Self.prefixLength)))),
      copies: Self.count(lines, in: content), start: start, header: header, lines: lines)
  }

  /// Whether lines can be added to a content: it is blank, or begins with the header.
  func fits(_ content: [UInt8]) -> Bool {
    Self.isBlank(content) || Self.plainStart(content).starts(with: Self.plainStart(header))
  }

  /// Nothing but line ends, or the byte order mark of a spreadsheet.
  private static func isBlank(_ content: [UInt8]) -> Bool {
    let text = content.starts(with: [0xEF, 0xBB, 0xBF]) ? content[3...] : content[...]
    return text.allSatisfy { $0 == newline || $0 == 0x0D }
  }

  /// The first line without what programs put around the same names.
  private static func plainStart(_ content: [UInt8]) -> [UInt8] {
    let line = content.prefix { $0 != newline }
    return line.filter { ![0xEF, 0xBB, 0xBF, 0x0D, UInt8(ascii: "\"")].contains($0) }
  }

  /// How often lines stand in a content one after the other, as whole lines.
  static func count(_ lines: [UInt8], in content: [UInt8]) -> Int {
    guard let first = lines.first, content.count >= lines.count else { return 0 }
    var count = 0
    var start = 0
    while start + lines.count <= content.count {
      if content[start] == first, content[start...].starts(with: lines) {
        count += 1
        start += lines.count
      } else if let feed = content[start...].firstIndex(of: newline) {
        start = feed + 1
      } else {
        break
      }
    }
    return count
  }
}

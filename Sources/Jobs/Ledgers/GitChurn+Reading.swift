internal import Shared
internal import SystemPackage

/// What `git diff --numstat --raw -z` tells, added up record by record.
struct GitDifference: Equatable, Sendable {
  var files = 0
  var insertions = 0
  var deletions = 0
  var binaryFiles = 0
  var renames = 0
  var submodules = 0
  var testsTouched = 0

  /// What the next pieces are.
  private enum Expected {
    case record
    /// So many names that only belong to the modes before them.
    case names(Int)
    /// The old and the new name of what was counted.
    case oldName
    case newName(old: String)
  }

  private var expected = Expected.record

  /// Reads the pieces, each with a zero byte behind it.
  static func read(_ file: FileDescriptor) throws -> GitDifference {
    var difference = GitDifference()
    try file.readPieces(endingIn: 0) { piece in try difference.take(piece) }
    guard case .record = difference.expected else { throw GitFormatError() }
    return difference
  }

  private mutating func take(_ piece: ArraySlice<UInt8>) throws {
    switch expected {
    case .names(let count):
      expected = count > 1 ? .names(count - 1) : .record
    case .oldName:
      expected = .newName(old: String(decoding: piece, as: UTF8.self))
    case .newName(let old):
      renames += 1
      noteTest([old, String(decoding: piece, as: UTF8.self)])
      expected = .record
    case .record:
      if piece.first == UInt8(ascii: ":") { try takeModes(piece) } else { try takeCounts(piece) }
    }
  }

  /// `:100644 160000 1234567 89abcde M`, then one name, or two where there is a similarity.
  private mutating func takeModes(_ piece: ArraySlice<UInt8>) throws {
    let words = piece.dropFirst().split(separator: UInt8(ascii: " "))
    guard words.count == 5, let status = words[4].first else { throw GitFormatError() }
    if words[0].elementsEqual(Self.submoduleMode) || words[1].elementsEqual(Self.submoduleMode) {
      submodules += 1
    }
    expected = .names(status == UInt8(ascii: "R") || status == UInt8(ascii: "C") ? 2 : 1)
  }

  private static let submoduleMode = Array("160000".utf8)

  /// Insertions, deletions, name, with tabs between; `-` for a binary file, no name for a renamed one.
  private mutating func takeCounts(_ piece: ArraySlice<UInt8>) throws {
    let parts = piece.split(
      separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw GitFormatError() }
    files += 1
    if parts[0].elementsEqual([UInt8(ascii: "-")]) {
      binaryFiles += 1
    } else {
      guard let added = Int(String(decoding: parts[0], as: UTF8.self)),
        let removed = Int(String(decoding: parts[1], as: UTF8.self))
      else { throw GitFormatError() }
      insertions += added
      deletions += removed
    }
    if parts[2].isEmpty {
      expected = .oldName
    } else {
      noteTest([String(decoding: parts[2], as: UTF8.self)])
    }
  }

  private mutating func noteTest(_ names: [String]) {
    if names.contains(where: TestPath.isTest) { testsTouched += 1 }
  }

  static func == (left: GitDifference, right: GitDifference) -> Bool {
    left.counts == right.counts
  }

  private var counts: [Int] {
    [files, insertions, deletions, binaryFiles, renames, submodules, testsTouched]
  }
}

/// How many commits and authors `git rev-list` lists.
struct GitHistory: Equatable, Sendable {
  var commits = 0
  var authors: Int { names.count }
  private var names: Set<String> = []

  /// A line behind git's own `commit <id>`.
  static let format = "author %aE%x09%aN"

  static func read(_ file: FileDescriptor) throws -> GitHistory {
    var history = GitHistory()
    try file.readPieces(endingIn: UInt8(ascii: "\n")) { line in history.take(line) }
    return history
  }

  private mutating func take(_ line: ArraySlice<UInt8>) {
    let author = Array("author ".utf8)
    guard line.starts(with: author) else {
      commits += 1
      return
    }
    let parts = line.dropFirst(author.count).split(
      separator: UInt8(ascii: "\t"), maxSplits: 1, omittingEmptySubsequences: false)
    // One person writes an address now with capitals, now without.
    let address = parts.first.map { String(decoding: $0, as: UTF8.self).lowercased() } ?? ""
    let name = parts.last.map { String(decoding: $0, as: UTF8.self) } ?? ""
    names.insert(address.isEmpty ? "name \(name)" : address)
  }
}

/// Git wrote what nobody expects of it.
struct GitFormatError: Error, CustomStringConvertible {
  var description: String { "its answer is in no form that is known" }
}

extension FileDescriptor {
  /// Gives each piece of the file that ends in a byte, without that byte, in a block of memory.
  fileprivate func readPieces(
    endingIn end: UInt8, _ take: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    let blockSize = 256 << 10
    var offset = 0
    var rest: [UInt8] = []
    while true {
      let block = try bytes(from: offset, upTo: blockSize)
      offset += block.count
      var start = block.startIndex
      while let index = block[start...].firstIndex(of: end) {
        if rest.isEmpty {
          try take(block[start..<index])
        } else {
          try take(ArraySlice(rest + block[start..<index]))
          rest.removeAll(keepingCapacity: true)
        }
        start = index + 1
      }
      rest += block[start...]
      if block.count < blockSize { break }
    }
    guard rest.isEmpty else { throw GitFormatError() }
  }
}

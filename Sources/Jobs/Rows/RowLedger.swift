internal import Shared
package import SystemPackage

/// A JSONL file of the data folder that only grows: rows are appended, corrections are rows too.
package struct RowLedger: Sendable {
  private let log: AppendLog

  /// Describes the file; nothing is opened yet.
  ///
  /// Other programs append to these files as well, so a torn last line is ended where it is.
  package init(_ path: FilePath, workspace: Workspace, world: World, job: String) {
    log = AppendLog(
      path: path, locks: workspace.locks, tornTail: .seal, durability: world.durability,
      lockWait: .seconds(10), newFileMode: [.ownerReadWrite, .groupRead, .otherRead],
      context: world.locks(for: job))
  }

  package var path: FilePath { log.path }

  /// The file's bytes as they are; none where there is no file.
  package func read() throws(JobError) -> [UInt8] {
    do throws(FileError) {
      return try readWholeFile(log.path)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
  }

  /// The last whole lines of the file, of at most so many bytes.
  package func readTail(upTo limit: Int) throws(JobError) -> [UInt8] {
    do throws(FileError) {
      guard let tail = try readTailOfFile(log.path, upTo: limit) else { return [] }
      guard tail.isCut else { return tail.bytes }
      let start = tail.bytes.firstIndex(of: UInt8(ascii: "\n")) ?? tail.bytes.endIndex
      return Array(tail.bytes[start...])
    } catch {
      throw JobError(error)
    }
  }

  /// Reads, decides and appends under one hold of the file's lock, so that two runs never decide on
  /// the same state.
  ///
  /// The lock is held for as long as reading the file takes, never over a child process.
  package func append<Outcome>(
    deciding decide: ([UInt8]) throws(JobError) -> (lines: [UInt8], outcome: Outcome)
  ) throws(JobError) -> Outcome {
    var result: Result<Outcome, JobError>?
    try StateFile.makeFolder(log.path.folder)
    try StateFile.makeFolder(log.locks)
    do throws(FileError) {
      try log.append(deciding: { content in
        do throws(JobError) {
          let (lines, outcome) = try decide(content)
          result = .success(outcome)
          return lines
        } catch {
          result = .failure(error)
          return []
        }
      })
    } catch {
      throw JobError(error)
    }
    guard let result else { throw JobError(.software, "\(log.path): nothing was decided") }
    return try result.get()
  }
}

extension RowLedger {
  /// The lines of a file, without their line feeds.
  ///
  /// A last line without one may be whole, written by hand, or torn: its reader sees which.
  package static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let length = bytes.withUnsafeBufferPointer { LineBlocks.length(ofLineAt: start, in: $0) }
      let end = start + length
      let last = bytes[end - 1] == UInt8(ascii: "\n") ? end - 1 : end
      if last > start { lines.append(bytes[start..<last]) }
      start = end
    }
    return lines
  }
}

import Shared
import SystemPackage

/// Appends that depend on what is there already.
extension FileProbe {
  private static func log(_ path: FilePath, _ locks: FilePath, _ context: LockContext) -> AppendLog
  {
    AppendLog(
      path: path, locks: locks, tornTail: .seal, durability: .full, lockWait: .seconds(30),
      context: context)
  }

  private static func lines(_ content: [UInt8]) -> [String] {
    String(decoding: content, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Appends a line unless it is there.
  static func appendOnce(
    _ path: FilePath, locks: FilePath, line: String, _ context: LockContext
  ) throws {
    try log(path, locks, context).append(deciding: { content in
      lines(content).contains(line) ? [] : Array((line + "\n").utf8)
    })
  }

  /// Appends the number of the lines that are there, as often as asked.
  static func appendNext(
    _ path: FilePath, locks: FilePath, count: Int, _ context: LockContext
  ) throws {
    let log = log(path, locks, context)
    for _ in 0..<count {
      try log.append(deciding: { content in Array("\(lines(content).count)\n".utf8) })
    }
  }
}

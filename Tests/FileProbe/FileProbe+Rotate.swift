import Shared
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension FileProbe {
  /// Rotates to at most 20,000 bytes or 20 lines.
  ///
  /// - Parameter mode: "plain" sees nobody; "late" sees nobody and writes late lines into the old
  ///   file while it is drained; "held" sees a writer that keeps the file open; "real" looks.
  static func rotate(_ path: FilePath, locks: FilePath, archive: String, mode: String) throws {
    var context = LockContext.live(run: "rotate")
    let late = mode == "late" ? LateWriter(path) : nil
    if mode != "real" {
      context.processes.openers = { _ in
        late?.looked()
        return FileOpeners(writers: mode == "held" ? [1] : [], reach: .everyProcess)
      }
    }
    var timing = LineRotation.Timing.standard
    timing.poll = .milliseconds(1)
    if mode == "held" { timing.settle = .zero }
    let rotation = LineRotation(
      limits: LineRotation.Limits(maxBytes: 20_000, keepLines: 20),
      archive: archive == "-" ? nil : FilePath(archive), allowLossy: false, locks: locks,
      durability: .full, timing: timing, context: context)
    print(try rotation.rotate(path))
  }
}

/// Writes to the old file while it is drained, through a descriptor from before.
private final class LateWriter: Sendable {
  private let descriptor: Int32
  /// Says which lines were written, so that a test can look for them.
  private let witness: Int32
  private let looks = Mutex(0)

  init(_ path: FilePath) {
    descriptor = open(path.string, O_WRONLY | O_APPEND | O_CLOEXEC)
    witness = open(path.string + ".witness", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
  }

  func looked() {
    let look = looks.withLock { looks in
      looks += 1
      return looks
    }
    // The first look is the decision; the new file has its name from the second one on.
    guard look == 2 || look == 3 else { return }
    let line = Array("late \(look) of \(getpid())\n".utf8)
    if write(descriptor, line, line.count) == line.count { write(witness, line, line.count) }
  }
}

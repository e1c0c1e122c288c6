internal import Synchronization
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Standard input, output and error of this process.
package enum StandardStreams {
  /// Makes the three descriptors safe to have: a closed one becomes `/dev/null`, so that no file
  /// of ours is opened in its place, and a reader that goes away or a file that may not grow is an
  /// error of the write instead of the end of the process.
  package static func secure() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
    }
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Whether so many more files could be opened now.
  package static func hasRoom(for count: Int) -> Bool {
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    for _ in 0..<count {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return false }
      opened.append(descriptor)
    }
    return true
  }

  /// Whether a person looks at it.
  package static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
    isatty(descriptor.rawValue) == 1
  }

  /// Standard input to its end, at most `limit` bytes of it.
  ///
  /// - Throws: `Errno`; `.fileTooLarge` when there is more.
  package static func readInput(upTo limit: Int) throws(Errno) -> [UInt8] {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count: Int
      do {
        count = try chunk.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
      } catch {
        throw error as? Errno ?? .ioError
      }
      guard count > 0 else { return content }
      guard content.count + count <= limit else { throw .fileTooLarge }
      content += chunk[..<count]
    }
  }

  /// How many lines the terminal shows now; nil where that is not known.
  package static func rows(of descriptor: FileDescriptor) -> Int? {
    size(of: descriptor).flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil }
  }

  /// How wide the terminal is now; nil where that is not known.
  package static func columns(of descriptor: FileDescriptor) -> Int? {
    size(of: descriptor).flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil }
  }

  private static func size(of descriptor: FileDescriptor) -> winsize? {
    var size = winsize()
    return ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
  }
}

/// Writes text to a descriptor and remembers the first failure.
///
/// Output is written where it arises and its failure is judged once, at the end of the run.
package final class OutputStream: Sendable {
  private let descriptor: FileDescriptor
  private let firstFailure = Mutex<Errno?>(nil)

  package init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  /// Why something could not be written; nil when all was.
  package var failure: Errno? { firstFailure.withLock { $0 } }

  package func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in write(UnsafeRawBufferPointer(bytes)) }
  }

  package func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { write($0) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil else { return }
    do {
      try descriptor.writeAll(bytes)
    } catch {
      firstFailure.withLock { $0 = error as? Errno ?? .ioError }
    }
  }
}

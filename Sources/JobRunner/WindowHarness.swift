internal import Jobs
internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the commands on windows share.
extension JobHarness {
  func ledgers(for job: String) -> WindowLedgers {
    WindowLedgers(
      workspace: workspace, world: world,
      stamp: RowStamp(toolVersion: Version.text, host: Self.hostName), job: job, days: .system)
  }

  func sources(_ configuration: Configuration) -> ReadingSources {
    ReadingSources(
      workspace: workspace, configuration: configuration, world: world, version: Version.text)
  }

  private static var hostName: String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let failed = buffer.withUnsafeMutableBytes { bytes in
      gethostname(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count - 1) != 0
    }
    return failed ? "unknown" : String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The text that a command is fed: standard input to its end, or a file.
  ///
  /// - Throws: 64 for a text over 64 MiB, 66 for a file that is not there.
  func text(fromFile path: String?) throws(JobError) -> [UInt8] {
    let limit = 64 << 20
    guard let path else {
      do {
        return try StandardStreams.readInput(upTo: limit)
      } catch {
        throw JobError(
          FileError(operation: "read", path: "standard input", errno: error as? Errno ?? .ioError))
      }
    }
    let file = live.currentFolder.pushing(FilePath(path))
    do throws(FileError) {
      guard let content = try readWholeFile(file) else {
        throw JobError(.noInput, "\(file): no such file")
      }
      return content.bytes
    } catch let error as JobError {
      throw error
    } catch {
      throw (error as? FileError).map { JobError($0) } ?? JobError(.ioError, "\(file): \(error)")
    }
  }
}

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

  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    // One byte less than there is room for: a longer name is cut, and its end not written.
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The text that a command is fed: standard input to its end, or a file.
  ///
  /// - Throws: 65 for a text that is too long to be one, 66 for a file that is not there.
  func text(
    fromFile path: String?, upTo limit: Int = Self.longestText
  ) throws(JobError) -> [UInt8] {
    guard let path else {
      do throws(Errno) {
        return try StandardStreams.readInput(upTo: limit)
      } catch .fileTooLarge {
        throw tooLong("standard input", limit)
      } catch {
        throw JobError(FileError(operation: "read", path: "standard input", errno: error))
      }
    }
    let file = live.currentFolder.pushing(FilePath(path))
    let content: [UInt8]?
    do throws(FileError) {
      content = try readWholeFile(file)?.bytes
    } catch {
      throw JobError(error)
    }
    guard let content else { throw JobError(.noInput, "\(file): no such file") }
    guard content.count <= limit else { throw tooLong("\(file)", limit) }
    return content
  }

  private func tooLong(_ source: String, _ limit: Int) -> JobError {
    JobError(.badData, "\(source): over \(limit >> 20) MiB is more than a text can be")
  }

  /// In bytes; no pane and no report comes near, and a row that holds it can be read back.
  static let longestText = 4 << 20
}

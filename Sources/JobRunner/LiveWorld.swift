internal import FoundationEssentials
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

/// The real world, made once in `main`.
struct LiveWorld: Sendable {
  let world: World
  let out: OutputStream
  let err: OutputStream
  let currentFolder: FilePath

  init() {
    let out = OutputStream(.standardOutput)
    let err = OutputStream(.standardError)
    self.out = out
    self.err = err
    world = World(
      clock: .system, environment: ProcessInfo.processInfo.environment, processes: .live,
      children: .live, conversations: .live, pid: getpid(),
      terminal: Terminal(
        out: { out.write($0) }, err: { err.write($0) },
        outIsTerminal: StandardStreams.isTerminal(.standardOutput),
        errIsTerminal: StandardStreams.isTerminal(.standardError)))
    currentFolder = Self.readCurrentFolder()
  }

  /// A current folder that was removed leaves `/`: absolute paths still work from there.
  private static func readCurrentFolder() -> FilePath {
    guard let buffer = getcwd(nil, 0) else { return "/" }
    defer { free(buffer) }
    return FilePath(platformString: buffer)
  }
}

package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What can be told of the file system that a path lies on; nothing is changed.
package enum FileSystemLook {
  /// Whether locks on it are seen by all who use it.
  package enum Reach: Equatable, Sendable {
    /// Only processes of this machine use it.
    case local
    /// Other machines use it too; its name.
    case network(String)
    case unknown
  }

  /// What is left.
  package struct Room: Equatable, Sendable {
    /// Bytes for those who are not root.
    package var bytes: Int64
    /// Files and folders that can still be made; nil where nobody counts them.
    package var files: Int64?
    /// Which file system it is.
    package var device: UInt64

    package init(bytes: Int64, files: Int64?, device: UInt64) {
      self.bytes = bytes
      self.files = files
      self.device = device
    }
  }

  package static func reach(of path: FilePath) -> Reach {
    if isLocal(path) { return .local }
    #if canImport(Darwin)
    return .network("no local file system")
    #else
    return fileSystemMagic(of: path).flatMap { networkNames[$0] }.map(Reach.network) ?? .unknown
    #endif
  }

  /// What is left; nil where it cannot be told.
  package static func room(of path: FilePath) -> Room? {
    var info = statvfs()
    guard path.withPlatformString({ statvfs($0, &info) }) == 0, let status = try? Stat(path)
    else { return nil }
    let unit = info.f_frsize > 0 ? info.f_frsize : info.f_bsize
    let bytes = UInt64(info.f_bavail).multipliedReportingOverflow(by: UInt64(unit))
    return Room(
      bytes: bytes.overflow ? .max : Int64(clamping: bytes.partialValue),
      files: info.f_files > 0 ? Int64(clamping: info.f_favail) : nil,
      device: status.identity.device)
  }

  /// The path, or the nearest folder above it that is there.
  package static func nearestPresent(_ path: FilePath) -> FilePath {
    var current = path
    while (try? Stat(current)) == nil, current.folder != current { current = current.folder }
    return current
  }

  /// What we may do with a file or folder that is there.
  package static func mayWrite(_ path: FilePath) -> Bool { may(path, W_OK) }

  package static func mayRead(_ path: FilePath) -> Bool { may(path, R_OK) }

  private static func may(_ path: FilePath, _ mode: Int32) -> Bool {
    path.withPlatformString { access($0, mode) } == 0
  }

  /// The target of a symbolic link as it stands there; nil for what is none.
  package static func linkTarget(_ path: FilePath) -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = path.withPlatformString { readlink($0, &buffer, 4096) }
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

#if os(Linux)
// The magic numbers of linux/magic.h and of the kernel's drivers.
private let networkNames: [UInt32: String] = [
  0x6969: "NFS",
  0xFF53_4D42: "CIFS",
  0xFE53_4D42: "SMB",
  0x517B: "SMB",
  0x00C3_6400: "Ceph",
  0x5346_414F: "AFS",
  0x6B41_4653: "AFS",
  0x0BD0_0BD0: "Lustre",
  0x0116_1970: "GFS2",
  0x7461_636F: "OCFS2",
  0x4750_4653: "GPFS",
  0x564C: "NCP",
  0x7375_7245: "Coda",
]
#endif

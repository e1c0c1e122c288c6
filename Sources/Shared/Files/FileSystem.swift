package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What kind of file system a folder is on.
package enum FileSystem {
  /// Whether all its users are on this machine, so that what the kernel says of open files is the
  /// whole truth. What cannot be told counts as not local.
  package static func isLocal(_ folder: FilePath) -> Bool {
    let place = folder.isEmpty ? FilePath(".") : folder
    #if os(Linux)
    guard let status = try? Stat(place), let type = type(ofDevice: status.rawValue.st_dev)
    else { return false }
    return !networkTypes.contains { type.hasPrefix($0) }
    #else
    var info = statfs()
    guard place.withPlatformString({ statfs($0, &info) }) == 0 else { return false }
    return info.f_flags & UInt32(MNT_LOCAL) != 0
    #endif
  }

  #if os(Linux)
  /// Beginnings of the names of types that several machines can share.
  private static let networkTypes = [
    "nfs", "cifs", "smb", "ceph", "afs", "9p", "fuse", "glusterfs", "lustre", "gfs2", "ocfs2",
  ]

  /// A device's number as text, from glibc's packing of it (makedev(3)).
  private static func number(_ device: dev_t) -> String {
    let value = UInt64(device)
    let major = (value >> 8 & 0xFFF) | (value >> 32 & ~0xFFF)
    let minor = (value & 0xFF) | (value >> 12 & ~0xFF)
    return "\(major & 0xFFFF_FFFF):\(minor & 0xFFFF_FFFF)"
  }

  /// The type behind the ` - ` of the device's line in `/proc/self/mountinfo` (proc(5)).
  private static func type(ofDevice device: dev_t) -> String? {
    let number = number(device)
    guard let file = try? SystemCall.open("/proc/self/mountinfo", .readOnly) else { return nil }
    defer { try? file.close() }
    let text = String(decoding: (try? file.bytes(from: 0, upTo: 1 << 20)) ?? [], as: UTF8.self)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2, fields[2] == number, let dash = fields.lastIndex(of: "-"),
        dash + 1 < fields.count
      else { continue }
      return String(fields[dash + 1])
    }
    return nil
  }
  #endif
}

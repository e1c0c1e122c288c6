import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

#if os(Linux)
  // The magic numbers of linux/magic.h for file systems that only this machine can have mounted.
  private let localFileSystems: Set<UInt32> = [
    0xEF53,  // ext2, ext3, ext4
    0x5846_5342,  // XFS
    0x9123_683E,  // btrfs
    0xCA45_1A4E,  // bcachefs
    0x2FC1_2FC1,  // ZFS
    0xF2F5_2010,  // F2FS
    0x0102_1994,  // tmpfs
    0x8584_58F6,  // ramfs
    0x794C_7630,  // overlay
    0x3153_464A,  // JFS
    0x5265_4973,  // ReiserFS
    0xF15F,  // eCryptfs
    0x4D44,  // FAT
    0x2011_BAB0,  // exFAT
    0x7366_746E,  // NTFS
  ]
#endif

/// Whether all users of a file are processes of this machine; the unknown counts as shared.
func isLocal(_ path: FilePath) -> Bool {
  #if canImport(Darwin)
    var info = statfs()
    guard path.withPlatformString({ statfs($0, &info) }) == 0 else { return false }
    return info.f_flags & UInt32(MNT_LOCAL) != 0
  #else
    fileSystemMagic(of: path).map(localFileSystems.contains) ?? false
  #endif
}

/// The size in which a file system hands out space.
func allocationSize(of path: FilePath) -> Int64? {
  var info = statvfs()
  guard path.withPlatformString({ statvfs($0, &info) }) == 0 else { return nil }
  return Int64(info.f_bsize)
}

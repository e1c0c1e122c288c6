#if os(Linux)
import SystemPackage

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

// Functions of the C library that its Swift module leaves out, because they are declared only with
// _GNU_SOURCE or in a header of their own. Bound by name: a look-up at run time finds nothing in a
// static binary. Their arguments are plain integers and pointers, passed alike in C and Swift.

@_silgen_name("statfs")
private func c_statfs(_ path: UnsafePointer<CChar>, _ buffer: UnsafeMutableRawPointer) -> CInt

@_silgen_name("fallocate")
private func c_fallocate(_ file: CInt, _ mode: CInt, _ offset: Int, _ length: Int) -> CInt

@_silgen_name("memmem")
private func c_memmem(
  _ text: UnsafeRawPointer, _ count: Int, _ part: UnsafeRawPointer, _ partCount: Int
) -> UnsafeRawPointer?

/// Where a part first occurs in a text of bytes.
func firstOccurrence(
  of part: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer
) -> Int? {
  guard let start = text.baseAddress, let partStart = part.baseAddress else { return nil }
  return c_memmem(start, text.count, partStart, part.count).map { $0 - start }
}

@_silgen_name("memrchr")
private func c_memrchr(
  _ text: UnsafeRawPointer, _ byte: CInt, _ count: Int
) -> UnsafeRawPointer?

/// Where a byte last occurs in a text of bytes.
func lastOccurrence(of byte: UInt8, in text: UnsafeRawBufferPointer) -> Int? {
  guard let start = text.baseAddress else { return nil }
  return c_memrchr(start, CInt(byte), text.count).map { $0 - start }
}

/// The magic number of the file system a path lies on.
func fileSystemMagic(of path: FilePath) -> UInt32? {
  // `struct statfs` starts with the number, a machine word; it is 120 bytes long at most.
  withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
    guard let base = buffer.baseAddress, path.withPlatformString({ c_statfs($0, base) }) == 0
    else { return nil }
    return UInt32(truncatingIfNeeded: base.load(as: Int.self))
  }
}

extension OpenFile {
  /// Takes the first bytes out of a file, so that the rest moves to its start.
  ///
  /// It happens at once for all who have the file open. The count must be whole blocks and less
  /// than the size.
  func removeHead(_ count: Int64) throws(FileError) {
    let collapseRange: CInt = 0x08
    try perform("fallocate", on: path) {
      c_fallocate(descriptor.rawValue, collapseRange, 0, Int(count))
    }
  }
}
#else
import Darwin

/// Where a part first occurs in a text of bytes.
func firstOccurrence(
  of part: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer
) -> Int? {
  guard let start = text.baseAddress, let partStart = part.baseAddress else { return nil }
  return memmem(start, text.count, partStart, part.count).map { UnsafeRawPointer($0) - start }
}

/// Where a byte last occurs in a text of bytes.
func lastOccurrence(of byte: UInt8, in text: UnsafeRawBufferPointer) -> Int? {
  text.lastIndex(of: byte)
}
#endif

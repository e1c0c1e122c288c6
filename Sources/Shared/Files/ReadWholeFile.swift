package import SystemPackage

/// The last bytes of a regular file, and whether there are more before them.
///
/// - Returns: nil if there is no such file.
package func readTailOfFile(
  _ path: FilePath, upTo limit: Int
) throws(FileError) -> (bytes: [UInt8], isCut: Bool)? {
  guard let file = try OpenFile.ifPresent(path, .readOnly) else { return nil }
  let size = try file.requireRegular().size
  let start = max(0, size - Int64(limit))
  return (try file.bytes(start..<size), start > 0)
}

/// Reads a regular file with one open, and says what was read.
///
/// - Returns: nil if there is no such file. The status is that of the file read, also when the name
///   is replaced meanwhile.
package func readWholeFile(
  _ path: FilePath
) throws(FileError) -> (bytes: [UInt8], status: Stat)? {
  guard let file = try OpenFile.ifPresent(path, .readOnly) else { return nil }
  let status = try file.requireRegular()
  // One byte more than the size, so that the end of the file is seen without growing.
  var bytes = try file.bytes(0..<status.size + 1)
  // A file that grew meanwhile, or one whose size is not known beforehand (/proc).
  var wanted = status.size + 1
  while Int64(bytes.count) == wanted {
    let more = try file.bytes(wanted..<wanted + max(wanted, 65_536))
    wanted += max(wanted, 65_536)
    bytes += more
  }
  return (bytes, status)
}

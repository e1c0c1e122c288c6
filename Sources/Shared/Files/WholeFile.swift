package import SystemPackage

/// Reads a file from its beginning to its end.
///
/// - Returns: Its bytes, and what it was when they were read; nil when there is no such file.
package func readWholeFile(
  _ path: FilePath
) throws(FileError) -> (bytes: [UInt8], status: Stat)? {
  let file: FileDescriptor
  do throws(FileError) {
    // A pipe in the place of a file must not block.
    file = try SystemCall.open(path, .readOnly, .nonBlocking)
  } catch {
    guard error.errno == .noSuchFileOrDirectory else { throw error }
    return nil
  }
  defer { try? file.close() }
  let status = try SystemCall.status(file, path)
  guard status.type == .regular else {
    throw FileError(
      operation: "read", path: path,
      errno: status.type == .directory ? .isDirectory : .invalidArgument)
  }
  return (try readAll(file, path, expecting: Int(status.size)), status)
}

/// Reads the rest of a file, of which `count` bytes are expected; it may have grown or shrunk.
private func readAll(
  _ file: FileDescriptor, _ path: FilePath, expecting count: Int
) throws(FileError) -> [UInt8] {
  var bytes = try SystemCall.attempt("read", path) {
    try [UInt8](unsafeUninitializedCapacity: count + 1) { buffer, filled in
      filled = try fill(UnsafeMutableRawBufferPointer(buffer), from: file, at: 0)
    }
  }
  guard bytes.count > count else { return bytes }
  while true {
    let offset = bytes.count
    let more = try SystemCall.attempt("read", path) {
      try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, filled in
        filled = try fill(UnsafeMutableRawBufferPointer(buffer), from: file, at: offset)
      }
    }
    guard !more.isEmpty else { return bytes }
    bytes.append(contentsOf: more)
  }
}

/// Reads until the buffer is full or the file ends.
func fill(
  _ buffer: UnsafeMutableRawBufferPointer, from file: FileDescriptor, at offset: Int
) throws -> Int {
  var filled = 0
  while filled < buffer.count {
    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
    let count = try file.read(fromAbsoluteOffset: Int64(offset + filled), into: rest)
    guard count > 0 else { break }
    filled += count
  }
  return filled
}

extension FileDescriptor {
  /// Bytes of the file behind the descriptor; 0 when that cannot be told.
  package var currentSize: Int { (try? stat()).map { Int($0.size) } ?? 0 }

  /// Up to `limit` bytes from `offset` on, without moving the position; fewer only at the end.
  package func bytes(from offset: Int, upTo limit: Int) throws(Errno) -> [UInt8] {
    do {
      return try [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        filled = try fill(UnsafeMutableRawBufferPointer(buffer), from: self, at: offset)
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }
}

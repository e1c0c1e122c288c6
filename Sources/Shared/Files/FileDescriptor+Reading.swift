package import SystemPackage

extension FileDescriptor {
  /// Bytes of the file behind the descriptor; 0 when that cannot be told.
  package var currentSize: Int { (try? stat()).map { Int($0.size) } ?? 0 }

  /// Up to `limit` bytes from `offset` on, without moving the position; fewer only at the end.
  package func bytes(from offset: Int, upTo limit: Int) throws(Errno) -> [UInt8] {
    do {
      return try [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        while filled < limit {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let count = try read(fromAbsoluteOffset: Int64(offset + filled), into: rest)
          guard count > 0 else { return }
          filled += count
        }
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }
}

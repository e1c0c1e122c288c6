import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file that closes itself and knows its path for messages.
struct OpenFile: ~Copyable {
  let path: FilePath
  let descriptor: FileDescriptor
  private var isOpen = true

  private init(path: FilePath, descriptor: FileDescriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { if isOpen { _ = Self.closeRaw(descriptor) } }

  /// Opens a file, never passed on to children and never waiting for the other end of a FIFO.
  init(
    _ path: FilePath, _ access: FileDescriptor.AccessMode,
    _ options: FileDescriptor.OpenOptions = [], mode: FilePermissions = .ownerReadWrite
  ) throws(FileError) {
    let flags = access.rawValue | options.union([.closeOnExec, .nonBlocking]).rawValue
    let raw = try perform("open", on: path) {
      path.withPlatformString { open($0, flags, mode.rawValue) }
    }
    self.init(path: path, descriptor: FileDescriptor(rawValue: raw))
  }

  /// Opens a file that may be missing; nil then.
  static func ifPresent(
    _ path: FilePath, _ access: FileDescriptor.AccessMode,
    _ options: FileDescriptor.OpenOptions = []
  ) throws(FileError) -> OpenFile? {
    do {
      return try OpenFile(path, access, options)
    } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
  }

  /// Closes now, to hear about a late write error that a silent close would hide.
  mutating func close() throws(FileError) {
    isOpen = false
    guard let reason = Self.closeRaw(descriptor) else { return }
    throw FileError(operation: "close", path: path, errno: reason)
  }

  // The descriptor is gone even when close is interrupted, so it is never tried twice.
  private static func closeRaw(_ descriptor: FileDescriptor) -> Errno? {
    guard systemClose(descriptor.rawValue) != 0 else { return nil }
    let reason = Errno(rawValue: errno)
    return reason == .interrupted ? nil : reason
  }

  func status() throws(FileError) -> Stat {
    do {
      return try Stat(descriptor)
    } catch {
      throw FileError(operation: "fstat", path: path, errno: error)
    }
  }

  /// Refuses anything that is not a regular file.
  func requireRegular() throws(FileError) -> Stat {
    let status = try status()
    if status.irregularity == nil { return status }
    let reason: Errno = status.type == .directory ? .isDirectory : .notSupported
    throw FileError(operation: "open", path: path, errno: reason)
  }

  /// Reads up to a buffer's size at an offset; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
    try perform("read", on: path) {
      pread(descriptor.rawValue, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }

  /// Reads a range whole, or less where the file ends.
  func bytes(_ range: Range<Int64>) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(range.upperBound - range.lowerBound)) {
      (buffer, count) in
      do throws(FileError) {
        while count < buffer.count {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let got = try read(into: rest, at: range.lowerBound + Int64(count))
          if got == 0 { return }
          count += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all bytes at the descriptor's own position.
  ///
  /// - Returns: how many bytes were written before an error, and the error, because a caller that
  ///   must undo a short write needs both.
  func append(_ bytes: UnsafeRawBufferPointer) -> (written: Int, failure: FileError?) {
    var written = 0
    do throws(FileError) {
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let count = try perform("write", on: path) {
          systemWrite(descriptor.rawValue, rest.baseAddress, rest.count)
        }
        written += count
      }
      return (written, nil)
    } catch {
      return (written, error)
    }
  }

  func write(all bytes: [UInt8]) throws(FileError) {
    let failure = bytes.withUnsafeBytes { append($0).failure }
    if let failure { throw failure }
  }

  /// Overwrites at an offset; the descriptor must not be open for appending.
  func write(all bytes: [UInt8], at offset: Int64) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let from = done
      done += try perform("write", on: path) {
        bytes.withUnsafeBytes {
          pwrite(
            descriptor.rawValue, $0.baseAddress.map { $0 + from }, $0.count - from,
            off_t(offset) + off_t(from))
        }
      }
    }
  }

  /// Where the next write without append would go: after an appending write, its end.
  func position() throws(FileError) -> Int64 {
    Int64(try perform("lseek", on: path) { lseek(descriptor.rawValue, 0, SEEK_CUR) })
  }

  func truncate(to size: Int64) throws(FileError) {
    try perform("ftruncate", on: path) { ftruncate(descriptor.rawValue, off_t(size)) }
  }

  func setMode(_ mode: FilePermissions) throws(FileError) {
    try perform("fchmod", on: path) { fchmod(descriptor.rawValue, mode.rawValue) }
  }

  /// Gives the file the owner and group of another, as far as we may.
  func copyOwner(of other: Stat) throws(FileError) {
    let mine = try status()
    if mine.userID == other.userID, mine.groupID == other.groupID { return }
    if fchown(descriptor.rawValue, other.userID.rawValue, other.groupID.rawValue) != 0 {
      // Not root: the group alone may still be allowed.
      _ = fchown(descriptor.rawValue, uid_t.max, other.groupID.rawValue)
    }
  }

  /// Takes the whole-file lock if nobody has it, or waits for it.
  ///
  /// - Returns: false if another open file has it and `waiting` is false.
  func lock(waiting: Bool) throws(FileError) -> Bool {
    do {
      try perform("flock", on: path) {
        flock(descriptor.rawValue, waiting ? LOCK_EX : LOCK_EX | LOCK_NB)
      }
      return true
    } catch {
      if error.errno == .wouldBlock || error.errno == .resourceTemporarilyUnavailable {
        return false
      }
      throw error
    }
  }
}

// Inside the type the same names mean its own methods.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

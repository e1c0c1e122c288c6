internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Our end of a pipe to or from a child: never blocks, never raises a signal.
struct PipeEnd: Sendable {
  let descriptor: FileDescriptor

  /// A pipe that no other child inherits; the child's end blocks as programs expect it.
  static func make(childReads: Bool) throws(Errno) -> (ours: PipeEnd, childs: FileDescriptor) {
    do {
      let (readEnd, writeEnd) = try FileDescriptor.pipe()
      let ours = childReads ? writeEnd : readEnd
      for end in [readEnd, writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
      _ = fcntl(ours.rawValue, F_SETFL, fcntl(ours.rawValue, F_GETFL) | O_NONBLOCK)
      #if canImport(Darwin)
      _ = fcntl(ours.rawValue, F_SETNOSIGPIPE, 1)
      #endif
      return (PipeEnd(descriptor: ours), childReads ? readEnd : writeEnd)
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// Reads what is there; none at the end, nil if nothing is there yet.
  func read(upTo limit: Int) throws(Errno) -> [UInt8]? {
    do {
      return try [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
    } catch {
      let reason = error as? Errno ?? .ioError
      if reason == .wouldBlock || reason == .resourceTemporarilyUnavailable { return nil }
      throw reason
    }
  }

  /// Writes as much as fits now; 0 if nothing does.
  func write(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
    let count = bytes.withUnsafeBytes { bytes in
      withoutPipeSignal { systemWrite(descriptor.rawValue, bytes.baseAddress, bytes.count) }
    }
    guard count < 0 else { return count }
    let reason = Errno(rawValue: errno)
    if reason == .wouldBlock || reason == .resourceTemporarilyUnavailable { return 0 }
    throw reason
  }

  func close() { try? descriptor.close() }
}

// Inside the type the same name means its own method.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// Runs a write to a pipe whose reader may be gone: an error of the call, no end of this process.
///
/// Does not rely on what the process as a whole does with the signal: it is held back in this thread
/// and, if it was raised by the call, taken away. Elsewhere the descriptor itself asks for none.
private func withoutPipeSignal(_ call: () -> Int) -> Int {
  #if canImport(Darwin)
  return call()
  #else
  var pipeSignal = sigset_t()
  var before = sigset_t()
  var pending = sigset_t()
  sigemptyset(&pipeSignal)
  sigaddset(&pipeSignal, SIGPIPE)
  sigpending(&pending)
  guard sigismember(&pending, SIGPIPE) == 0 else { return call() }
  pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
  let count = call()
  let reason = errno
  if count < 0, reason == EPIPE {
    var none = timespec()
    while sigtimedwait(&pipeSignal, nil, &none) == -1, errno == EINTR {}
  }
  pthread_sigmask(SIG_SETMASK, &before, nil)
  errno = reason
  return count
  #endif
}

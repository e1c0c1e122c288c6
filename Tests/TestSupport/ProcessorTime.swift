#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How long the processor worked on a body that waits for nothing.
///
/// Other suites run beside it: the time on the clock says how busy the machine is.
package func processorTime<E: Error>(of body: () throws(E) -> Void) throws(E) -> Duration {
  let start = processorTimeOfThread()
  try body()
  return processorTimeOfThread() - start
}

private func processorTimeOfThread() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
}

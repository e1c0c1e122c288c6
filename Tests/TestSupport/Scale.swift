#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How large the storms and fault tables of the tests are.
package enum Scale {
  /// Set JOBRUNNER_TEST_SCALE=large to run them whole.
  package static var large: Bool {
    getenv("JOBRUNNER_TEST_SCALE").map { String(cString: $0) } == "large"
  }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The normal distribution with mean 0 and variance 1.
enum NormalDistribution {
  /// The chance of a value below this one.
  static func below(_ value: Double) -> Double { 0.5 * erfc(-value / 2.0.squareRoot()) }
}

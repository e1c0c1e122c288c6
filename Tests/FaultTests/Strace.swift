import SystemPackage
import TestSupport

/// Traces and kills probes with strace.
enum Strace {
  /// One system call of a run: the `number`th of its name, counted from the start of the program.
  struct Point: Hashable, Sendable, CustomStringConvertible {
    var name: String
    var number: Int
    var line: String

    var description: String { "\(name) #\(number): \(line)" }
  }

  /// The calls that change something; at large scale also those that decide it.
  private static let relevant =
    [
      "write", "pwrite64", "fsync", "rename", "link", "unlink", "ftruncate", "fallocate", "fchmod",
    ]
    + (Scale.large
      ? [
        "openat", "read", "pread64", "fchown", "flock", "mkdir", "close", "newfstatat", "lseek",
        "utimensat", "readlink",
      ] : [])

  /// Why strace cannot be used here, or nil.
  static let unavailable: String? = {
    let end = try? ChildProcess.run("strace", ["-qq", "-o", "/dev/null", "true"])
    return end == .exit(0) ? nil : "strace is missing or may not trace here"
  }()

  /// Runs the probe and lists its system calls from the beginning of its work.
  static func points(
    _ arguments: [String], in folder: TemporaryFolder
  ) throws -> [Point] {
    let trace = folder.at("trace")
    let end = try ChildProcess.run(
      "strace",
      [
        "-qq", "-y", "-o", trace.string, "-e",
        "trace=access,openat,\(relevant.joined(separator: ","))", builtProgram("FileProbe"),
      ] + arguments)
    guard end == .exit(0) else { throw ProbeFailed(end: end) }
    var counts: [String: Int] = [:]
    var hasBegun = false
    var points: [Point] = []
    for line in try Fixture.lines(trace) {
      guard let name = line.split(separator: "(").first.map(String.init) else { continue }
      counts[name, default: 0] += 1
      if hasBegun {
        guard relevant.contains(name) else { continue }
        points.append(Point(name: name, number: counts[name] ?? 0, line: line))
      } else if line.contains("/probe-begins") {
        hasBegun = true
      }
    }
    return points
  }

  struct ProbeFailed: Error {
    var end: ChildProcess.End
  }

  /// Runs the probe, which is killed at a point or meets an error there.
  @discardableResult
  static func run(
    _ arguments: [String], injecting fault: String, at point: Point
  ) throws -> ChildProcess.End {
    try ChildProcess.run(
      "strace",
      [
        "-qq", "-o", "/dev/null", "-e", "trace=\(point.name)", "-e",
        "inject=\(point.name):\(fault):when=\(point.number)", builtProgram("FileProbe"),
      ] + arguments)
  }
}

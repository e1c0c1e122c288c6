/// One system call of a run: the `number`th of its name in a thread, from the start of the program.
package struct SystemCallPoint: Hashable, Sendable {
  package let name: String
  package let number: Int
  /// The call as it was seen.
  package let line: String

  package init(name: String, number: Int, line: String) {
    self.name = name
    self.number = number
    self.line = line
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.number == right.number
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(number)
  }

  /// As it is given on a command line.
  package var text: String { "\(name)#\(number)" }

  /// Whether it is about a file that a disk could refuse.
  var isOfFile: Bool { Self.isOfFile(line) }

  /// The same of a line of a trace.
  static func isOfFile(_ line: some StringProtocol) -> Bool {
    let elsewhere = [
      "anon_inode:", "<pipe:", "<socket:", "\"/proc\"", "</proc>", "/proc/", "/sys/", "\"/dev/",
      "</dev/",
    ]
    return !elsewhere.contains { line.contains($0) }
  }
}

/// What strace wrote of a run and its threads.
package struct SystemCallTrace: Sendable {
  /// The calls from the beginning of the work, each once, in the order in which they came.
  package private(set) var points: [SystemCallPoint] = []
  /// Points at which another thread does something that is about no file, and would be failed too.
  package private(set) var shared: Set<SystemCallPoint> = []
  /// How many calls of other threads cannot be hit: the program's own start counts as far.
  package private(set) var hidden = 0

  /// All that changes a file, decides how it is changed, or gives its room back.
  ///
  /// The question mark is for those that a machine does not have.
  static let traced =
    [
      "write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2",
      "link", "linkat", "unlink", "unlinkat", "ftruncate", "fallocate", "fchmod", "fchown", "mkdir",
      "mkdirat", "rmdir", "flock", "openat", "read", "pread64", "close", "newfstatat", "fstat",
      "lseek", "utimensat", "readlink", "symlink", "symlinkat", "getdents64",
    ].map { "?\($0)" }.joined(separator: ",")

  /// Reads a trace of all threads.
  ///
  /// strace counts the calls of each thread by itself, and a fault at the third write is met by
  /// every thread that comes so far. So what a program's start does in its first thread hides the
  /// first calls of the others: a fault would be met there.
  ///
  /// - Parameter beginning: What the first call of the work has in it.
  package init(_ text: String, beginning: String) {
    var counts: [Substring: [Substring: Int]] = [:]
    var main: Substring?
    var atStart: [Substring: Int]?
    var seen: Set<SystemCallPoint> = []
    for line in text.split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      let thread = line[..<space]
      let call = line[space...].drop { $0 == " " }
      guard let open = call.firstIndex(of: "("), call.first?.isLetter == true else { continue }
      if main == nil { main = thread }
      let name = call[..<open]
      let number = counts[thread, default: [:]][name, default: 0] + 1
      counts[thread, default: [:]][name] = number
      if atStart == nil, call.contains(beginning) { atStart = counts[main ?? thread] ?? [:] }
      guard let atStart else { continue }
      guard number > atStart[name] ?? 0 || thread == main else {
        hidden += 1
        continue
      }
      let point = SystemCallPoint(
        name: String(name), number: number, line: String(call.prefix(160)))
      // A look at another program or a device is as good a place to die as the file before it.
      if !point.isOfFile {
        shared.insert(point)
      } else if seen.insert(point).inserted {
        points.append(point)
      }
    }
  }
}

package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The `jobrunner` that was built together with the tests.
package enum BuiltBinary {
  /// `JOBRUNNER_BINARY` where it is set, else beside the test bundle, else `.build/debug`.
  package static let path: FilePath = {
    if let named = getenv("JOBRUNNER_BINARY") { return FilePath(String(cString: named)) }
    var bundle = FilePath(CommandLine.arguments.first ?? "")
    if let resolved = realpath("/proc/self/exe", nil) {
      bundle = FilePath(String(cString: resolved))
      free(resolved)
    }
    let beside = bundle.removingLastComponent().appending("jobrunner")
    if access(beside.string, X_OK) == 0 { return beside }
    return Fixtures.packageRoot.appending(".build/debug/jobrunner")
  }()

  /// Runs the binary to its end.
  package static func run(
    _ arguments: [String], environment: [String: String] = [:],
    workingDirectory: FilePath? = nil, stdin: StandardInput = .none,
    closedDescriptors: Set<Int32> = [], deadline: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await start(
      arguments, environment: environment, workingDirectory: workingDirectory, stdin: stdin,
      closedDescriptors: closedDescriptors
    ).wait(atMost: deadline)
  }

  /// Starts the binary and returns at once.
  package static func start(
    _ arguments: [String], environment: [String: String] = [:],
    workingDirectory: FilePath? = nil, stdin: StandardInput = .none,
    closedDescriptors: Set<Int32> = []
  ) throws -> SpawnedProcess {
    try SpawnedProcess(
      path, arguments, environment: environment, workingDirectory: workingDirectory, stdin: stdin,
      closedDescriptors: closedDescriptors)
  }

  /// Runs the binary as a user who owns nothing (uid 65534), for tests of permissions.
  ///
  /// Root ignores permission bits, so such a test says nothing when root runs it.
  package static func runAsUnprivileged(
    _ arguments: [String], environment: [String: String] = [:],
    workingDirectory: FilePath? = nil, deadline: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await startUnprivileged(
      path, arguments, environment: environment, workingDirectory: workingDirectory
    ).wait(atMost: deadline)
  }

  /// Starts any program as that user; as ourselves where we are not root.
  package static func startUnprivileged(
    _ program: FilePath, _ arguments: [String], environment: [String: String] = [:],
    workingDirectory: FilePath? = nil
  ) throws -> SpawnedProcess {
    guard geteuid() == 0, let setpriv = findTool("setpriv") else {
      return try SpawnedProcess(
        program, arguments, environment: environment, workingDirectory: workingDirectory)
    }
    let identity = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
    return try SpawnedProcess(
      setpriv, identity + [program.string] + arguments, environment: environment,
      workingDirectory: workingDirectory)
  }

  /// Whether a permission test can mean anything here; prints why not.
  package static func canRunUnprivileged() -> Bool {
    guard geteuid() == 0 else { return true }
    guard let setpriv = findTool("setpriv") else {
      print("skipped: root ignores permissions, and setpriv is not installed")
      return false
    }
    var status: Int32 = -1
    let command =
      "\(setpriv) --reuid 65534 --regid 65534 --clear-groups -- "
      + "'\(path)' --help >/dev/null 2>&1"
    status = system(command)
    if status != 0 { print("skipped: uid 65534 cannot start \(path)") }
    return status == 0
  }
}

/// The path of a program on `PATH`.
package func findTool(_ name: String) -> FilePath? {
  let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  return folders.split(separator: ":").lazy
    .map { FilePath(String($0)).appending(name) }
    .first { access($0.string, X_OK) == 0 }
}

/// Whether a tool is installed; prints the reason of the skip where it is not.
package func requireTool(_ name: String) -> Bool {
  if findTool(name) != nil { return true }
  print("skipped: \(name) is not installed")
  return false
}

/// Whether `strace` is installed and allowed to trace here; prints the reason where it is not.
package func canTrace() -> Bool {
  guard requireTool("strace") else { return false }
  let allowed = system("strace -qq -o /dev/null true >/dev/null 2>&1") == 0
  if !allowed { print("skipped: strace is not permitted to trace here") }
  return allowed
}

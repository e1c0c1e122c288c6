import SystemPackage
import TestSupport
import Testing

/// Runs a body on a file system of 16 KiB, or skips with a reason where none can be mounted.
func withTinyFileSystem(_ body: (FilePath) throws -> Void) throws {
  let folder = try TemporaryFolder()
  let mounted =
    try? ChildProcess.run("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", folder.path.string])
  guard mounted == .exit(0) else {
    print("skipped: no tmpfs can be mounted here (needs root)")
    return
  }
  defer { _ = try? ChildProcess.run("umount", ["-l", folder.path.string]) }
  try body(folder.path)
}

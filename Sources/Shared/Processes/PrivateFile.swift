package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Files that only this process and its children can reach.
package enum PrivateFile {
  /// What the names begin with for the moment in which they have one.
  package static let name = "child-output"

  /// A new empty file of `folder` whose name is removed at once: mode 0600, open for reading and
  /// writing, gone with its last descriptor however we end.
  package static func nameless(in folder: FilePath) throws(FileError) -> FileDescriptor {
    let path = folder.appending(name + Leftovers.suffix())
    do {
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite])
      _ = path.withPlatformString { unlink($0) }
      return file
    } catch {
      throw FileError(operation: "create", path: path, errno: error as? Errno ?? .ioError)
    }
  }

  /// The last part of such a file, at most `CommandRunner.errorTailBytes`.
  static func tail(of file: FileDescriptor) -> [UInt8] {
    let start = max(0, file.currentSize - CommandRunner.errorTailBytes)
    return (try? file.bytes(from: start, upTo: CommandRunner.errorTailBytes)) ?? []
  }
}

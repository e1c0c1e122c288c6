import Jobs
import Shared
import SystemPackage
import TestSupport

/// A file without a name that holds these bytes, as a child's output does.
func namelessFile(_ bytes: some Sequence<UInt8>) throws -> FileDescriptor {
  let file = try PrivateFile.nameless(in: FilePath("/tmp"))
  _ = try file.writeAll(bytes)
  return file
}

/// What the reader makes of a reply.
func readExport(_ bytes: some Collection<UInt8>) throws -> Result<SessionExport, ExportFailure> {
  let file = try namelessFile(bytes)
  return try file.closeAfter {
    Result { () throws(ExportFailure) in try ExportReader.read(file, size: bytes.count) }
  }
}

/// The same of a text.
func readExport(_ text: String) throws -> Result<SessionExport, ExportFailure> {
  try readExport(Array(text.utf8))
}

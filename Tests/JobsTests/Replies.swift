import Jobs
import Shared
import SystemPackage
import TestSupport

/// The test support has one of its own; these tests mean the product's.
typealias Timestamp = Shared.Timestamp

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

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

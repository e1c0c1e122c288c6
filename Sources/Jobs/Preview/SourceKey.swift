internal import Shared
internal import SystemPackage

/// What some files were when something was made of them, as one number.
///
/// Of each: which file it is, its size, when its content and its status last changed, to the
/// nanosecond, and a hash of its end. Any one of them differs, and what was made is made anew.
struct SourceKey {
  private var hash: ContentHash
  /// Whether any of the files is there.
  private(set) var hasFiles = false
  /// When any of them last changed, in nanoseconds since 1970.
  private(set) var newestChange = Int64.min

  /// In bytes.
  private static let tail = 4_096

  /// - Parameter salt: What else the result depends on: the form of the cache, settings.
  init(salt: [String]) {
    hash = ContentHash(seed: 0x5343)
    for text in salt { hash.add(ContentHash.of(text)) }
  }

  var value: UInt64 { hash.value }

  /// Takes in a file; one that is missing or cannot be read is a state as well.
  mutating func add(_ path: FilePath) {
    guard
      let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    else {
      hash.add(0)
      return
    }
    defer { try? file.close() }
    add(file)
  }

  mutating func add(_ file: FileDescriptor) {
    guard let status = try? Stat(file) else {
      hash.add(1)
      return
    }
    hasFiles = true
    newestChange = max(newestChange, status.changeNanoseconds)
    for word in [
      status.identity.device, status.identity.inode, UInt64(bitPattern: status.size),
      UInt64(bitPattern: status.modificationNanoseconds),
      UInt64(bitPattern: status.changeNanoseconds),
    ] {
      hash.add(word)
    }
    let start = max(0, Int(status.size) - Self.tail)
    hash.add(PageFile.hash((try? file.bytes(from: start, upTo: Self.tail)) ?? []))
  }
}

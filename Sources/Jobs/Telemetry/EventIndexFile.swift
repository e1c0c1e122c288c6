internal import Shared
internal import SystemPackage

/// What a stretch of the ledger holds, as far as later runs must know it.
struct EventIndexBlock: Equatable {
  /// The stretch of the ledger, in bytes.
  var range: Range<Int64>
  var ids: [UInt64] = []
  /// Events without a window: id, and milliseconds since 1970 or ``noMoment``.
  var unassigned: [(id: UInt64, at: Int64)] = []
  /// Events that were given one later.
  var assigned: [UInt64] = []

  /// The time of an event that tells none: before every window.
  static let noMoment = Int64.min

  init(_ range: Range<Int64>) {
    self.range = range
  }

  static func == (left: EventIndexBlock, right: EventIndexBlock) -> Bool {
    left.range == right.range && left.ids == right.ids && left.assigned == right.assigned
      && left.unassigned.map(\.id) == right.unassigned.map(\.id)
      && left.unassigned.map(\.at) == right.unassigned.map(\.at)
  }
}

/// The ids of a ledger beside it, so that a run need not read the ledger itself: made again from it
/// whenever it is missing, torn or of another file.
///
/// A head with the ledger's identity, then blocks one behind the other, each with a checksum and with
/// a hash of the ledger's bytes just before its end. Read without a lock; written under the ledger's.
struct EventIndexFile {
  let path: FilePath

  /// More ids than this are written as several blocks, so that reading needs little memory.
  static let longestBlock = 1 << 16

  private static let magic: UInt64 = 0x3158_4449_4C45_544A  // "JTELIDX1"
  private static let blockMagic: UInt64 = 0x4B43_4F4C_4244_4953
  private static let headLength = 32
  private static let blockHeadLength = 64

  // MARK: Reading

  /// Gives the blocks of the index of a ledger, as far as they are whole and follow on another.
  ///
  /// - Parameter fits: Whether the ledger's bytes before an offset have a hash, that of the last
  ///   block; told as well how many ids will come.
  /// - Returns: Behind the last good block, in the index; 0 where it must be made anew.
  func read(
    of ledger: FileIdentity, block: (EventIndexBlock) -> Void,
    fits: (_ offset: Int64, _ hash: UInt64, _ ids: Int) -> Bool
  ) -> Int64 {
    guard
      let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return 0 }
    defer { try? file.close() }
    guard let last = lastGood(file, of: ledger), fits(last.ledgerEnd, last.tailHash, last.ids)
    else {
      return 0
    }
    var offset = Self.headLength
    while offset < last.indexEnd, let next = readBlock(file, at: offset) {
      block(next.block)
      offset = next.end
    }
    return Int64(offset)
  }

  private struct Good {
    var indexEnd: Int
    var ledgerEnd: Int64
    var tailHash: UInt64
    var ids = 0
  }

  /// Goes over the blocks' heads; their sums are checked when they are read.
  private func lastGood(_ file: FileDescriptor, of ledger: FileIdentity) -> Good? {
    guard let head = words(file, at: 0, count: 4), head[0] == Self.magic,
      head[1] == ledger.device, head[2] == ledger.inode, head[3] == Self.sum(head[..<3])
    else { return nil }
    var good = Good(indexEnd: Self.headLength, ledgerEnd: 0, tailHash: 0)
    while let block = readBlock(file, at: good.indexEnd) {
      guard block.block.range.lowerBound <= good.ledgerEnd else { break }
      good = Good(
        indexEnd: block.end, ledgerEnd: max(good.ledgerEnd, block.block.range.upperBound),
        tailHash: block.tailHash, ids: good.ids + block.block.ids.count)
    }
    return good
  }

  private func readBlock(
    _ file: FileDescriptor, at offset: Int
  ) -> (block: EventIndexBlock, end: Int, tailHash: UInt64)? {
    let count = Self.blockHeadLength / 8
    guard let head = words(file, at: offset, count: count), head[0] == Self.blockMagic,
      head[1] <= head[2], head[2] <= Int64.max, head[4] <= Self.longestBlock,
      head[5] <= Self.longestBlock, head[6] <= Self.longestBlock
    else { return nil }
    let ids = Int(head[4])
    let unassigned = Int(head[5])
    let assigned = Int(head[6])
    let length = ids + unassigned * 2 + assigned
    guard let body = words(file, at: offset + Self.blockHeadLength, count: length),
      head[7] == Self.sum(head[..<7]) ^ Self.sum(body[...])
    else { return nil }
    var block = EventIndexBlock(Int64(head[1])..<Int64(head[2]))
    block.ids = Array(body[..<ids])
    block.unassigned = (0..<unassigned).map {
      (body[ids + $0 * 2], Int64(bitPattern: body[ids + $0 * 2 + 1]))
    }
    block.assigned = Array(body[(ids + unassigned * 2)...])
    return (block, offset + Self.blockHeadLength + length * 8, head[3])
  }

  private func words(_ file: FileDescriptor, at offset: Int, count: Int) -> [UInt64]? {
    guard let bytes = try? file.bytes(from: offset, upTo: count * 8), bytes.count == count * 8
    else { return nil }
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
      }
    }
  }

  // MARK: Writing

  /// Puts blocks behind the good ones, and forgets what stood there.
  ///
  /// - Parameter end: Behind the last good block; 0 begins the file anew.
  /// - Returns: Behind the last block now.
  func append(
    _ block: EventIndexBlock, at end: Int64, of ledger: FileIdentity, tailHash: UInt64
  ) throws(JobError) -> Int64 {
    var words: [UInt64] = []
    if end == 0 {
      words = [Self.magic, ledger.device, ledger.inode]
      words.append(Self.sum(words[...]))
    }
    for part in block.parts(ofAtMost: Self.longestBlock) { add(part, tailHash, to: &words) }
    try StateFile.makeFolder(path.folder)
    do {
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow],
        permissions: .ownerReadWrite)
      return try file.closeAfter {
        // What is there behind the good blocks goes first: a kill must not leave it behind ours.
        if try file.stat().size > end { try file.resize(to: end) }
        let ordered = words.map { $0.littleEndian }
        try ordered.withUnsafeBytes { _ = try file.writeAll(toAbsoluteOffset: end, $0) }
        return end + Int64(words.count * 8)
      }
    } catch {
      throw JobError(
        FileError(operation: "write", path: path, errno: error as? Errno ?? .ioError))
    }
  }

  private func add(_ block: EventIndexBlock, _ tailHash: UInt64, to words: inout [UInt64]) {
    let head: [UInt64] = [
      Self.blockMagic, UInt64(block.range.lowerBound), UInt64(block.range.upperBound), tailHash,
      UInt64(block.ids.count), UInt64(block.unassigned.count), UInt64(block.assigned.count),
    ]
    words += head
    words.append(0)
    let start = words.count
    words += block.ids
    for event in block.unassigned {
      words.append(event.id)
      words.append(UInt64(bitPattern: event.at))
    }
    words += block.assigned
    words[start - 1] = Self.sum(head[...]) ^ Self.sum(words[start...])
  }

  private static func sum(_ words: ArraySlice<UInt64>) -> UInt64 {
    var hash = ContentHash(seed: 9)
    for word in words { hash.add(word) }
    return hash.value
  }
}

extension EventIndexBlock {
  /// The same in several blocks; all but the last cover nothing of the ledger by themselves, so that
  /// a torn one is not believed.
  fileprivate func parts(ofAtMost limit: Int) -> [EventIndexBlock] {
    let longest = max(ids.count, unassigned.count, assigned.count)
    guard longest > limit else { return [self] }
    return stride(from: 0, to: longest, by: limit).map { start in
      let isLast = start + limit >= longest
      var part = EventIndexBlock(
        isLast ? range : range.lowerBound..<range.lowerBound)
      part.ids = Array(ids.dropFirst(start).prefix(limit))
      part.unassigned = Array(unassigned.dropFirst(start).prefix(limit))
      part.assigned = Array(assigned.dropFirst(start).prefix(limit))
      return part
    }
  }
}

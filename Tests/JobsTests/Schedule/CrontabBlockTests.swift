import Jobs
import Testing

/// Our lines among those of others.
@Suite struct CrontabBlockTests {
  private let block = CrontabBlock(name: "srv-app")

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(
    "Put in and taken out again, every byte of others is as it was",
    arguments: [
      "", "MAILTO=dev@example.com\n0 4 * * * backup\n", "\n\n# a comment\n\t \n",
      "* * * * * printf 'a\\%b'\r\n", "@reboot x\n# >>> jobrunner srv-app2 >>> x\n1 1 1 1 1 y\n",
    ])
  func roundTrip(foreign: String) throws {
    let bytes = Array(foreign.utf8) + (foreign.isEmpty ? [] : [0xFF, 0x00, 0x0A])
    let installed = block.replacing(try block.find(in: bytes), with: ["* * * * * ours"])
    #expect(Array(installed.prefix(bytes.count)) == bytes)
    let again = block.replacing(try block.find(in: installed), with: ["* * * * * ours"])
    #expect(again == installed)
    #expect(block.replacing(try block.find(in: installed), with: []) == bytes)
  }

  @Test("A block is replaced where it stands, and what is behind it stays behind it")
  func place() throws {
    let first = Array("1 foreign\n".utf8)
    var crontab = block.replacing(try block.find(in: first), with: ["2 ours"])
    crontab += Array("3 foreign, without an end".utf8)
    let changed = text(block.replacing(try block.find(in: crontab), with: ["4 ours"]))
    #expect(!changed.contains("2 ours"))
    #expect(changed.hasPrefix("1 foreign\n\(block.begin)\n4 ours\n"))
    #expect(changed.hasSuffix("\(block.end)\n3 foreign, without an end"))
  }

  @Test("A last line without an end is not joined to the block")
  func noNewline() throws {
    let made = text(block.replacing(try block.find(in: Array("1 last".utf8)), with: ["2 ours"]))
    #expect(made.hasPrefix("1 last\n# >>> jobrunner srv-app"))
  }

  @Test("Another workspace's block is somebody else's, also where its name begins alike")
  func second() throws {
    let other = CrontabBlock(name: "srv-app-two")
    let theirs = other.replacing(try other.find(in: []), with: ["theirs"])
    let both = block.replacing(try block.find(in: theirs), with: ["ours"])
    #expect(try other.find(in: both).lines == ["theirs"])
    #expect(try block.find(in: both).lines == ["ours"])
    #expect(block.replacing(try block.find(in: both), with: []) == theirs)
  }

  @Test(
    "Marks that are not one pair are an error, and nothing is guessed",
    arguments: ["BEGIN\nx\n", "x\nEND\n", "BEGIN\nEND\nBEGIN\nEND\n", "BEGIN\nBEGIN\nEND\n"])
  func damaged(pattern: String) {
    let crontab = pattern.replacing("BEGIN", with: block.begin).replacing("END", with: block.end)
    let error = #expect(throws: JobError.self) { try block.find(in: Array(crontab.utf8)) }
    #expect(error?.status == .badData)
  }
}

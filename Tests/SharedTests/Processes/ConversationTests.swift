import SystemPackage
import TestSupport
import Testing

@testable import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite(.serialized) struct ConversationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder("conversation")
  }

  private func partner(_ script: String) -> ConversationPartner {
    ConversationPartner(
      executable: "/bin/sh", arguments: ["-c", script],
      environment: ["PATH": "/usr/bin:/bin", "MARK": "mark"], workingDirectory: folder.path)
  }

  private func talk<Result: Sendable>(
    _ script: String, _ body: @escaping @Sendable (Conversation) async -> Result
  ) async throws -> (result: Result?, end: ConversationEnd) {
    try await ConversationRunner.live(partner(script), scratch: folder.path, body: body)
  }

  // MARK: Talk

  @Test("Each line is answered while standard input stays open")
  func echo() async throws {
    let talk = try await talk("while read -r line; do echo \"<$line>\"; done; exit 3") { talk in
      var answers: [Conversation.Event] = []
      for line in ["one", "", "three é"] {
        guard await talk.send(Array(line.utf8), .soon) else { break }
        answers.append(await talk.nextLine(.soon))
      }
      return answers
    }
    #expect(talk.result == [.text("<one>"), .text("<>"), .text("<three é>")])
    #expect(talk.end.ending == .exited(3))
  }

  @Test("The child has the environment and the folder that it was given, and a group of its own")
  func surroundings() async throws {
    let script = "echo \"$MARK ${HOME-none}\"; pwd -P; ps -o pgid= -p $$ | tr -d ' '; echo $$"
    let lines = try await talk(script) { await $0.lines() }.result ?? []
    try #require(lines.count == 4)
    #expect(lines[0] == "mark none")
    #expect(lines[1].hasSuffix(folder.path.lastComponent?.string ?? "?"))
    #expect(lines[2] == lines[3])
  }

  @Test("A deadline is kept and the talk can go on after it")
  func deadline() async throws {
    let talk = try await talk("read -r go; echo gone; read -r end") { talk in
      let start = ContinuousClock.now
      let first = await talk.nextLine(start + .milliseconds(150))
      let waited = ContinuousClock.now - start
      _ = await talk.send([], .soon)
      return (first, waited, await talk.nextLine(.soon))
    }
    let (first, waited, second) = try #require(talk.result)
    #expect(first == .overdue)
    #expect(waited >= .milliseconds(150) && waited < .seconds(25))
    #expect(second == .text("gone"))
  }

  @Test("A child that dies in the middle of a line has ended, and the half line is none")
  func diesMidLine() async throws {
    let talk = try await talk("printf 'whole\\nhal'; kill -9 $$") { talk in
      [await talk.nextLine(.soon), await talk.nextLine(.soon), await talk.nextLine(.soon)]
    }
    #expect(talk.result == [.text("whole"), .ended, .ended])
    #expect(talk.end.ending == .signalled(9))
  }

  @Test("Of standard error the last part is kept")
  func errorTail() async throws {
    let talk = try await talk("yes noise | head -c 240000 >&2; echo last >&2") {
      await $0.nextLine(.soon)
    }
    #expect(talk.result == .ended)
    #expect(talk.end.errorTail.count == CommandRunner.errorTailBytes)
    #expect(String(decoding: talk.end.errorTail.suffix(10), as: UTF8.self) == "oise\nlast\n")
    #expect(Fixture.names(in: folder.path) == [])
  }

  @Test("A program that is not there is not started, and nobody talks")
  func missing() async throws {
    var partner = partner("")
    partner.executable = folder.at("nothing")
    let talk = try await ConversationRunner.live(partner, scratch: folder.path) { _ in true }
    #expect(talk.result == nil)
    guard case .notStarted(let why) = talk.end.ending else {
      Issue.record("\(talk.end.ending)")
      return
    }
    #expect(why.contains("nothing"))
  }

  // MARK: Bounds

  @Test("A line of eight MiB is read, one byte more ends the talk")
  func hugeLine() async throws {
    let line = Conversation.longestLine
    let script = "head -c \(line) /dev/zero; echo; head -c \(line + 1) /dev/zero; echo; echo more"
    let talk = try await talk(script) { talk in
      let first = await talk.nextLine(.soon)
      return (first, await talk.nextLine(.soon), await talk.nextLine(.soon))
    }
    let (first, second, third) = try #require(talk.result)
    #expect(first == .line([UInt8](repeating: 0, count: line)))
    #expect(second == .tooLarge)
    #expect(third == .tooLarge)
  }

  @Test("A line without an end is not waited for")
  func endlessLine() async throws {
    let script = "head -c \(Conversation.longestLine + 1) /dev/zero; sleep 60"
    #expect(try await talk(script) { await $0.nextLine(.soon) }.result == .tooLarge)
  }

  @Test("A child that never stops talking is ended", arguments: ["", ">&2"])
  func flood(redirection: String) async throws {
    let line = String(repeating: "much ado about nothing ", count: 200)
    let talk = try await talk("yes '\(line)' \(redirection); exit") { talk in
      var event = await talk.nextLine(.soon)
      while case .line = event { event = await talk.nextLine(.soon) }
      return event
    }
    #expect(talk.result == .tooLarge)
    #expect(talk.end.ending == .signalled(SIGTERM))
  }

  @Test("A child that reads nothing more costs no more than the deadline, and no signal")
  func deafChild() async throws {
    let much = [UInt8](repeating: 0x61, count: 1 << 20)
    let full = try await talk("sleep 60") { await $0.send(much, .now + .milliseconds(100)) }
    #expect(full.result == false)
    let closed = try await talk("exec <&-; echo closed; sleep 60") { talk in
      _ = await talk.nextLine(.soon)
      return await talk.send(Array("anyone?".utf8), .soon)
    }
    #expect(closed.result == false)
  }

  // MARK: End

  /// Prints its own id and a grandchild's; neither obeys end of input or TERM, and the grandchild
  /// holds standard output open.
  private static let stubborn = """
    trap '' TERM HUP
    sh -c 'trap "" TERM HUP; while :; do sleep 1; done' & echo $$; echo $!
    while :; do sleep 1; done
    """

  @Test("Nothing is left of a child that obeys neither end of input nor TERM")
  func stubbornChild() async throws {
    let start = ContinuousClock.now
    let talk = try await talk(Self.stubborn) { talk in
      [await talk.nextLine(.soon), await talk.nextLine(.soon)]
    }
    let pids = try #require(talk.result).compactMap { Int32($0.string) }
    try #require(pids.count == 2)
    for pid in pids { #expect(await isGone(pid)) }
    #expect(talk.end.ending == .signalled(SIGKILL))
    // One second for the end of input and two for TERM.
    #expect(ContinuousClock.now - start >= .seconds(3))
  }

  @Test("A child that ended in time takes its grandchildren with it and waits for none")
  func orphan() async throws {
    let start = ContinuousClock.now
    let talk = try await talk("trap '' TERM; sleep 60 & echo $!") { talk in
      [await talk.nextLine(.soon), await talk.nextLine(.soon)]
    }
    let pid = try #require(Int32(talk.result?.first?.string ?? ""))
    // The grandchild still holds standard output open.
    #expect(talk.result?.last == .ended)
    #expect(await isGone(pid))
    #expect(talk.end.ending == .exited(0))
    #expect(ContinuousClock.now - start < .seconds(50))
  }

  @Test("A child that ends with its input is not signalled; one that waits for TERM obeys it")
  func gentle() async throws {
    let first = try await talk("trap 'exit 9' TERM; cat; exit 4") { _ in true }
    #expect(first.end.ending == .exited(4))
    let second = try await talk("trap 'exit 5' TERM; echo; while :; do sleep 0.05; done") {
      await $0.nextLine(.soon)
    }
    #expect(second.end.ending == .exited(5))
  }

  @Test("A cancelled talk is told so at once, and its child ended in the same order")
  func cancelled() async throws {
    let pids = folder.at("pids")
    let partner = partner("cat <&0 & \(Self.stubborn)")
    let scratch = folder.path
    let task = Task {
      try await ConversationRunner.live(partner, scratch: scratch) { talk in
        let first = await talk.nextLine(.soon)
        let second = await talk.nextLine(.soon)
        try? writeFile(pids, "\(first.string) \(second.string)")
        return await talk.nextLine(.now + .seconds(300))
      }
    }
    #expect(Fixture.waitFor(pids))
    let start = ContinuousClock.now
    task.cancel()
    let talk = try await task.value
    #expect(talk.result == .interrupted)
    #expect(ContinuousClock.now - start < .seconds(200))
    let ids = try #require(try Fixture.text(pids)).split(separator: " ").compactMap { Int32($0) }
    try #require(ids.count == 2)
    for pid in ids { #expect(await isGone(pid)) }
  }

  @Test("A hundred conversations leave no descriptor open")
  func descriptors() async throws {
    var missing = partner("")
    missing.executable = folder.at("nothing")
    _ = try await talk("read -r line") { await $0.nextLine(.now) }
    let before = openDescriptors()
    for index in 0..<100 {
      let answer = try await talk("read -r line; echo $line") { talk in
        _ = await talk.send(Array("\(index)".utf8), .soon)
        return await talk.nextLine(.soon)
      }
      #expect(answer.result == .text("\(index)"))
      if index % 10 == 0 {
        _ = try await ConversationRunner.live(missing, scratch: folder.path) { _ in true }
      }
    }
    #expect(openDescriptors() == before)
  }

  /// The open pipes and files without a name: what other tests open meanwhile is neither.
  private func openDescriptors() -> Int {
    (0..<Int32(256)).count { descriptor in
      var info = stat()
      guard fstat(descriptor, &info) == 0 else { return false }
      return info.st_mode & S_IFMT == S_IFIFO || info.st_nlink == 0
    }
  }
}

extension ContinuousClock.Instant {
  /// Late enough for anything that is meant to happen.
  fileprivate static var soon: Self { .now + .seconds(30) }
}

extension Conversation {
  /// All lines up to the end.
  fileprivate func lines() async -> [String] {
    var lines: [String] = []
    while case .line(let line) = await nextLine(.soon) {
      lines.append(String(decoding: line, as: UTF8.self))
    }
    return lines
  }
}

extension Conversation.Event {
  fileprivate static func text(_ text: String) -> Self { .line(Array(text.utf8)) }

  fileprivate var string: String {
    if case .line(let line) = self { String(decoding: line, as: UTF8.self) } else { "\(self)" }
  }
}

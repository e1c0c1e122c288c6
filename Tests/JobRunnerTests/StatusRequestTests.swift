import ArgumentParser
import Testing

@testable import JobRunner

struct StatusRequestTests {
  private static let flags: [[String]] = [
    ["--json"], ["--quiet"], ["--verbose"], ["--line"], ["--diagram"], ["--wide"],
    ["--workspace", "/srv/app"], ["--name", "build/x"], ["--workspace", "-x"], ["--name", ""],
    ["--name"], ["--workspace=/srv/app"], ["--watch", "2"], ["--config", "a.json5"], ["--bogus"],
    ["-h"], ["word"],
  ]

  /// Every list of up to three flags in every order, repeated ones included.
  private static var commandLines: [[String]] {
    var lines: [[String]] = [[]]
    for first in flags {
      lines.append(first)
      for second in flags {
        lines.append(first + second)
        for third in flags { lines.append(first + second + third) }
      }
    }
    return lines
  }

  @Test func `what is read without the parser is what the parser reads`() throws {
    var read = 0
    for arguments in Self.commandLines {
      guard let plain = StatusRequest(plain: arguments) else { continue }
      read += 1
      let parsed = try #require(
        try? StatusCommand.parse(arguments), "only the parser refuses \(arguments)")
      #expect(plain == parsed.request, "\(arguments)")
    }
    #expect(read > 200)
  }

  @Test(arguments: [
    [], ["--line"], ["--diagram"], ["--diagram", "--wide"], ["--workspace", "/srv/app", "--line"],
    ["--name", "x", "--json"],
  ])
  func `what prompts use is read without the parser`(arguments: [String]) {
    #expect(StatusRequest(plain: arguments) != nil)
  }
}

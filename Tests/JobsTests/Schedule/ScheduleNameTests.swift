import Jobs
import Testing

@Suite struct ScheduleNameTests {
  @Test(
    "A path is escaped as systemd-escape --path does",
    arguments: [
      ("/srv/app", "srv-app"), ("/", "-"), ("//srv///app/", "srv-app"),
      ("/home/dev/my-app", #"home-dev-my\x2dapp"#), ("/.hidden/.x", #"\x2ehidden-.x"#),
      ("/srv/a b%\"$", #"srv-a\x20b\x25\x22\x24"#), ("/srv/ü", #"srv-\xc3\xbc"#),
      ("/a_b:c.d", "a_b:c.d"), (#"/srv/back\slash"#, #"srv-back\x5cslash"#),
    ])
  func escaped(path: String, name: String) {
    #expect(ScheduleName.escapePath(path) == name)
  }

  @Test("Workspaces that look alike, and agents of one workspace, have names of their own")
  func distinct() {
    let names = [
      ScheduleName.of(workspace: "/srv/my/app", agent: nil),
      ScheduleName.of(workspace: "/srv/my-app", agent: nil),
      ScheduleName.of(workspace: "/srv/my_app", agent: nil),
      ScheduleName.of(workspace: "/srv/my/app", agent: "a"),
      ScheduleName.of(workspace: "/srv/my/app", agent: "b"),
    ]
    #expect(Set(names).count == names.count)
    let plain = names.map { ScheduleName.plain($0, limit: 20) }
    #expect(Set(plain).count == names.count, "\(plain)")
  }

  @Test("A long path is cut to what a file's name takes, and stays told apart")
  func long() {
    let base = "/srv/" + String(repeating: "deep/", count: 60)
    let first = ScheduleName.of(workspace: base + "a", agent: nil)
    let second = ScheduleName.of(workspace: base + "b", agent: nil)
    #expect(first != second)
    #expect(first.utf8.count <= 160)
  }

  @Test(
    "A plain name has lower-case letters, digits and hyphens, and a digest where it lost something",
    arguments: [
      ("srv-app", true), ("Srv-App", false), (#"home-my\x2dapp"#, false), ("-", false),
      ("srv-app:main", false), (String(repeating: "a", count: 30), false),
    ])
  func plain(name: String, isKept: Bool) {
    let text = ScheduleName.plain(name, limit: 20)
    #expect((text == name) == isKept, "\(text)")
    #expect(text.utf8.count <= 20)
    #expect(text.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
    #expect(text.first != "-" && text.last != "-")
  }
}

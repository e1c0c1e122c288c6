import Shared
import Testing

struct AddressRedactionTests {
  @Test(arguments: [
    ("dev@example.com", "<redacted>"),
    ("│  Account:   kim.lee+cli@mail.example.co.uk (Pro)  │", "│  Account:   <redacted> (Pro)  │"),
    ("Account: operator-007@example.com (Pr │", "Account: <redacted> (Pr │"),
    ("│  Account:  operator-007@exam │", "│  Account:  <redacted> │"),
    ("│  Account:  operator-007@│", "│  Account:  <redacted>│"),
    ("│  Account:  operator-0│\n", "│  Account:  <redacted>│\n"),
    ("│dev@example.com│", "│<redacted>│"),
    ("<dev@example.com>, (ann@example.org).", "<<redacted>>, (<redacted>)."),
    ("jörg@example.com und 花子@example.jp", "<redacted> und <redacted>"),
    ("a@b.example b@c.example", "<redacted> <redacted>"),
    ("Authorization: Bearer EXAMPLE-abcdef.123", "Authorization: Bearer <redacted>"),
    ("key sk-EXAMPLE-0123456789 end", "key <redacted> end"),
    ("ghp_EXAMPLE0123456789", "<redacted>"),
    ("sk-EXAMPLE-012345@example.com", "<redacted>"),
  ])
  func `addresses and keys are replaced`(_ text: String, _ redacted: String) {
    #expect(text.redactingAddresses == redacted)
    #expect(redacted.redactingAddresses == redacted)
  }

  @Test(arguments: [
    "", "@scope/package", "install @openai/codex", "task-list and risk-free ask-me", "sk-learn",
    "│  Account:                                 (Plus) │", "Account: <none>", "bearer of news",
    "│  Session:  0199f000-7b4c-7423-9b83-EXAMPLE00001 │", "5h limit: 58% left (resets 04:45)",
  ])
  func `everything else stays as it is`(_ text: String) {
    #expect(text.redactingAddresses == text)
  }
}

import Testing

@testable import Jobs

struct ReplyTextTests {
  private func kept(_ text: String) -> String? {
    ReplyText.kept(Array(text.utf8), 0..<text.utf8.count)
  }

  @Test(
    "What names a person, an account or a secret is left out at any depth",
    arguments: [
      "accountId", "account_id", "accessToken", "refresh_token", "email", "E-Mail", "clientSecret",
      "Authorization", "Set-Cookie", "headers", "id", "auth", "key", "userId", "accountUuid",
      "apiKey",
      "kim@example.com",
    ])
  func secretNames(name: String) {
    #expect(
      kept(#"{"a":[{"\#(name)":{"x":1},"limitId":"codex"}]}"#) == #"{"a":[{"limitId":"codex"}]}"#)
  }

  @Test(
    "An address or a key in a text is made unreadable",
    arguments: ["kim@example.com", "Of kim@example.com.", "sk-EXAMPLE", "Bearer eyJEXAMPLE.x.y"])
  func secretValues(value: String) {
    #expect(kept(#"{"note":"\#(value)"}"#) == #"{"note":"<redacted>"}"#)
  }

  @Test("All else stays as it is, in one line")
  func rest() {
    #expect(
      kept(#"{"seven_day_oauth_apps":{"keys":1}}"#) == #"{"seven_day_oauth_apps":{"keys":1}}"#)
    let text =
      "{ \"n\" : [1.50, -0, null,\ttrue],\n\"t\": \"2026-11-21T05:10:00+00:00\", \"e\": \"\\u00e9@\" }"
    #expect(kept(text) == #"{"n":[1.50,-0,null,true],"t":"2026-11-21T05:10:00+00:00","e":"é@"}"#)
  }

  @Test("A reply of unusual length is not kept")
  func length() {
    let text = "{\"note\":\"" + String(repeating: "a", count: ReplyText.longest) + "\"}"
    #expect(kept(text) == nil)
  }

  @Test(
    "A message is one short line without secrets",
    arguments: [
      ("oil is\n low", "oil is low"), ("ask kim@example.com now", "ask <redacted> now"),
      ("used sk-EXAMPLE here", "used <redacted> here"), ("token=abc", "token=<redacted>"),
      ("\u{1b}[31mred\u{1b}[0m\u{7}", "red\\u{7}"),
      (String(repeating: "ab ", count: 100), String(repeating: "ab ", count: 39) + "..."),
    ])
  func messages(message: String, shown: String) {
    #expect(ReplyText.shown(message) == shown)
  }
}

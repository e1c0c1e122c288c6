/// Text of unit files, by systemd.syntax(7) and systemd.service(5).
enum UnitText {
  static func sections(_ sections: [(String, [(String, String)])]) -> String {
    let texts = sections.map { name, settings in
      "[\(name)]\n" + settings.map { "\($0)=\($1)\n" }.joined()
    }
    return "# Made by `jobrunner schedule`, which replaces it; changes belong into a drop-in.\n"
      + texts.joined(separator: "\n")
  }

  /// A value that is taken as it stands but for `%`.
  static func plain(_ value: String) -> String { value.replacing("%", with: "%%") }

  /// One word of a list.
  static func word(_ word: String) -> String {
    let text = plain(word)
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { $0 > 0x20 && !#""'\;"#.utf8.contains($0) }
    guard !isPlain else { return text }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// One word of a command line, where `$` means a variable too.
  static func argument(_ argument: String) -> String {
    word(argument.replacing("$", with: "$$"))
  }
}

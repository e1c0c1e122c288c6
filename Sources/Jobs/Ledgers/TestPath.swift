/// Which files of a repository are tests, by nothing but their path.
package enum TestPath {
  /// Whether a path, from the top of the repository on, is that of a test.
  ///
  /// - A folder is named `test`, `tests`, `spec` or `specs`, in whatever case, maybe with underscores
  ///   around it (`__tests__`), or its name ends in such a word behind `-` or `_`, or with a capital
  ///   letter: `unit-tests`, `JobsTests`.
  /// - Or the file's name without what follows the first point ends so (`parser_test.go`,
  ///   `ParserTests.swift`), begins with `test_`, `test-`, or `Test` and a capital letter
  ///   (`test_parser.py`, `TestParser.java`), or is `test` or `tests` itself.
  /// - Or a part of the name between points is such a word (`parser.spec.ts`), or it ends in
  ///   `.feature`.
  package static func isTest(_ path: String) -> Bool {
    var folders = path.split(separator: "/")
    guard let file = folders.popLast() else { return false }
    return folders.contains(where: isTestFolder) || isTestFile(file)
  }

  private static let words: Set<String> = ["test", "tests", "spec", "specs"]

  private static func isTestFolder(_ name: Substring) -> Bool {
    var bare = name.drop { $0 == "_" }
    while bare.last == "_" { bare.removeLast() }
    return words.contains(bare.lowercased()) || endsInTest(name)
  }

  private static func isTestFile(_ name: Substring) -> Bool {
    let parts = name.split(separator: ".")
    guard let stem = parts.first else { return false }
    if name.hasSuffix(".feature") { return true }
    if parts.dropFirst().dropLast().contains(where: { words.contains($0.lowercased()) }) {
      return true
    }
    return endsInTest(stem) || beginsWithTest(stem)
  }

  /// The word stands behind a separator, or is set off by its capital letter: a `contest` is none.
  private static func endsInTest(_ name: Substring) -> Bool {
    if ["Test", "Tests", "Spec", "Specs"].contains(where: name.hasSuffix) { return true }
    guard let separator = name.lastIndex(where: { $0 == "_" || $0 == "-" }) else { return false }
    return words.contains(name[separator...].dropFirst().lowercased())
  }

  private static func beginsWithTest(_ stem: Substring) -> Bool {
    let lower = stem.lowercased()
    if lower == "test" || lower == "tests" { return true }
    if lower.hasPrefix("test_") || lower.hasPrefix("test-") { return true }
    return stem.hasPrefix("Test") && stem.dropFirst(4).first?.isUppercase == true
  }
}

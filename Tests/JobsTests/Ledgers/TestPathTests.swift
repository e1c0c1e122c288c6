import Testing

@testable import Jobs

struct TestPathTests {
  @Test(
    "A test is told by its folder or by its name",
    arguments: [
      "tests/a.txt", "Tests/JobsTests/Support.swift", "src/test/java/Parser.java", "spec/a.rb",
      "web/__tests__/view.js", "unit-tests/a.py", "my_tests/a.py", "Sources/AppTests/Fake.swift",
      "pkg/parser_test.go", "test_parser.py", "ParserTests.swift", "ParserTest.kt",
      "ParserSpec.scala", "TestParser.java", "a.spec.ts", "deep/a.test.tsx", "login.feature",
      "test.sh", "tests.py", "TEST/a", "a/test-login.sh", "HTTPTests.swift", "parser_spec.rb",
    ])
  func isTest(_ path: String) {
    #expect(TestPath.isTest(path))
  }

  @Test(
    "A word that only holds the letters is none",
    arguments: [
      "contest.py", "latest/a.txt", "Sources/Attest.swift", "testimony.md", "specification.md",
      "Testament.md", "docs/spec.md", "jobrunner.spec", "attests/a", "protest_march.md", "a", "",
      "greatest-hits/a.md", "features.md", "Sources/Inspector.swift", "testing/a.py",
    ])
  func isNone(_ path: String) {
    #expect(!TestPath.isTest(path))
  }
}

import Testing

@testable import Jobs

struct FeatureMapTests {
  @Test("Lines of rid,feature; headings, comments and blank lines are passed over")
  func lines() throws {
    let text = "\u{FEFF}rid,feature\r\n# note\n\nr1,login\r\n \"r2\" , \"search, fast\" \n"
    #expect(
      try FeatureMap.read(Array(text.utf8), name: "map.csv")
        == ["r1": "login", "r2": "search, fast"])
  }

  @Test("A line without both is an error that says which", arguments: ["r1", "r1,", ",login"])
  func damaged(line: String) {
    let error = #expect(throws: JobError.self) {
      try FeatureMap.read(Array("a,b\n\(line)\n".utf8), name: "map.csv")
    }
    #expect(error?.status == .badData)
    #expect(error?.message.contains("map.csv, line 2") == true)
  }
}

import Testing

@testable import Shared

struct EditDistanceTests {
  @Test(
    "Each slip of a typist counts once",
    arguments: [
      ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abd", 1),
      ("abc", "ab", 1), ("abc", "abcd", 1), ("abc", "acb", 1), ("timeout", "tiemout", 1),
      ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func slips(left: String, right: String, distance: Int) {
    #expect(EditDistance.between(left, right) == distance)
    #expect(EditDistance.between(right, left) == distance)
  }
}

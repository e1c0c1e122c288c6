import Shared
import Testing

struct DecimalsTests {
  @Test(
    "Two decimals are those that Python prints",
    arguments: [
      (0, "0.00"), (4.0 / 3, "1.33"), (2, "2.00"), (-2.5, "-2.50"), (0.125, "0.12"),
      (0.375, "0.38"), (0.625, "0.62"), (1.005, "1.00"), (0.005, "0.01"), (0.015, "0.01"),
      (-0.001, "0.00"), (99.995, "100.00"), (1e12, "1000000000000.00"), (.infinity, "n/a"),
      (0.045, "0.04"), (2.675, "2.67"), (1.115, "1.11"), (-1_200.006, "-1200.01"),
    ] as [(Double, String)])
  func two(_ value: Double, _ text: String) {
    #expect(Decimals.two(value) == text)
  }
}

import Testing

@testable import Jobs

struct PriceBookTests {
  private func entry(
    _ model: String, _ input: Double, from: Int, cached: Double? = 0.5
  ) -> PriceBook.Entry {
    .init(
      model: model, input: input, cachedInput: cached, output: 2 * input, from: from,
      source: "test")
  }

  @Test(
    "A model is found under the names it goes by",
    arguments: [
      ("glm-4.6", "glm-4.6"), ("z.ai/glm-4.6", "glm-4.6"), ("GLM-4.6", "glm-4.6"),
      ("openrouter/z-ai/glm-4.6", "glm-4.6"), ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
      ("claude-haiku-4-5-2025-10-01", "claude-haiku-4-5"),
      ("anthropic/claude-haiku-4.5", "claude-haiku-4-5"), ("anthropic/haiku", "claude-haiku-4-5"),
      ("claude-opus-5-5", "claude-opus-5-5"), ("claude-sonnet-5-latest", "claude-sonnet-5"),
      ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"), ("z-ai/glm-4.7", "glm-4.7"),
    ])
  func names(written: String, listed: String) {
    #expect(PriceBook().price(of: written, on: 20_270_101)?.model == listed)
  }

  @Test(
    "Another model has no price, however near its name",
    arguments: [
      "glm-4.65", "glm-4", "glm-4.6-air", "claude-sonnet-4-4-20250929", "claude-haiku-4", "", "/",
      "haiku-20251001x", "my-claude-haiku-4-5",
    ])
  func unknown(model: String) {
    #expect(PriceBook().price(of: model, on: 20_270_101) == nil)
  }

  @Test(
    "What is shipped: input, cached input and output of a million tokens, and from which day",
    arguments: [
      ("glm-4.6", [0.6, 0.11, 2.2], 20_250_930), ("glm-4.7", [0.6, 0.11, 2.2], 20_251_222),
      ("claude-haiku-4-5", [1, 0.1, 5], 20_251_015),
      ("claude-sonnet-4-5", [3, 0.3, 15], 20_250_929),
      ("claude-sonnet-5", [2, 0.2, 10], 20_261_121),
      ("claude-opus-5-5", [4, 0.2, 20], 20_261_121),
    ] as [(String, [Double], Int)])
  func shipped(model: String, prices: [Double], from: Int) {
    let price = PriceBook().price(of: model, on: from)
    #expect(price.map { [$0.input, $0.cachedInput ?? -1, $0.output] } == prices)
    #expect(PriceBook().price(of: model, on: from - 1) == nil)
  }

  @Test("A price holds from its day until the next, and on no day before")
  func days() {
    let book = PriceBook([
      entry("lamp-1", 3, from: 20_260_301), entry("lab/Lamp-1", 4, from: 20_260_601),
    ])
    let found = [20_260_228, 20_260_301, 20_260_531, 20_260_601, 20_991_231].map {
      book.price(of: "lamp-1", on: $0)?.input
    }
    #expect(found == [nil, 3, 3, 4, 4])
    #expect(book.days.contains(20_260_301))
    #expect(book.days == book.days.sorted())
    #expect(book.price(of: "lamp-1", on: 20_260_601)?.label == "lab/Lamp-1@2026-06-01")
  }

  @Test("The configuration's price wins over the one that is shipped for that day")
  func own() {
    let shipped = PriceBook().price(of: "glm-4.6", on: 20_251_001)
    let book = PriceBook([entry("glm-4.6", 9, from: shipped?.from ?? 0)])
    #expect(book.price(of: "z.ai/glm-4.6", on: 20_251_001)?.input == 9)
  }

  @Test("Cached input has a price of its own; where none is known, the whole has none")
  func cached() {
    let known = entry("a", 2, from: 20_260_101)
    #expect(known.cost(input: 1_000_000, cached: 2_000_000, output: 500_000) == 5)
    let unknown = entry("a", 2, from: 20_260_101, cached: nil)
    #expect(unknown.cost(input: 1_000_000, cached: 1, output: 0) == nil)
    #expect(unknown.cost(input: 1_000_000, cached: 0, output: 0) == 2)
  }
}

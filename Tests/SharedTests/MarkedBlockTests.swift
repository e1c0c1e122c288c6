import Shared
import Testing

struct MarkedBlockTests {
  private let begin = "<!-- jobrunner:begin b -->"
  private let end = "<!-- jobrunner:end b -->"

  private func placed(_ body: String, in text: String) -> String {
    let bytes = MarkedBlock(name: "b", body: body).placed(in: Array(text.utf8))
    return String(decoding: bytes, as: UTF8.self)
  }

  private func block(_ body: String) -> String { "\(begin)\n\(body)\n\(end)" }

  @Test("A file without the block gets it behind everything, a line apart")
  func added() {
    #expect(placed("x", in: "") == block("x") + "\n")
    #expect(placed("x", in: "# Mine\n") == "# Mine\n\n" + block("x") + "\n")
    #expect(placed("x", in: "# Mine") == "# Mine\n\n" + block("x") + "\n")
  }

  @Test(
    "Every byte outside the block stays",
    arguments: [
      ("# Mine\n\n", "\n\nmore"), ("", ""), ("", "\n"), ("a\n\n\n", "\n\n\n"),
      ("\u{FEFF}a\n", "\nb"),
      ("| t |\t \n", "  \n trailing \n"),
    ])
  func kept(before: String, after: String) {
    #expect(placed("y\nz", in: before + block("x") + after) == before + block("y\nz") + after)
  }

  @Test("Bytes that are no text stay as well")
  func noText() {
    let bytes: [UInt8] = [0xFF, 0xFE, 0x0A] + Array(block("x").utf8) + [0x0A, 0xC3]
    let result = MarkedBlock(name: "b", body: "y").placed(in: bytes)
    #expect(result == [0xFF, 0xFE, 0x0A] + Array(block("y").utf8) + [0x0A, 0xC3])
  }

  @Test("The same block again changes nothing")
  func again() {
    let once = placed("x", in: "# Mine\n")
    #expect(placed("x", in: once) == once)
  }

  @Test("A comment without its partner is somebody's text")
  func halves() {
    for text in ["\(begin)\nkept\n", "kept\n\(end)\n", "\(end)\nkept\n\(begin)\n"] {
      #expect(placed("x", in: text) == text + "\n" + block("x") + "\n")
      #expect(placed("y", in: text + "\n" + block("x") + "\n") == text + "\n" + block("y") + "\n")
    }
  }

  @Test("Blocks of other names are other blocks")
  func names() {
    let other = "<!-- jobrunner:begin bb -->\nx\n<!-- jobrunner:end bb -->\n"
    #expect(placed("y", in: other) == other + "\n" + block("y") + "\n")
  }

  @Test("A comment of ours in the body does not end the block")
  func comments() {
    let once = placed("a\n\(end)\nb", in: "kept\n")
    #expect(placed("y", in: once) == "kept\n\n" + block("y") + "\n")
  }

  @Test("A file keeps its kind of line ends")
  func lineEnds() {
    let once = placed("x\ny", in: "# Mine\r\n")
    #expect(once == "# Mine\r\n\r\n\(begin)\r\nx\r\ny\r\n\(end)\r\n")
    #expect(placed("x\ny", in: once) == once)
  }
}

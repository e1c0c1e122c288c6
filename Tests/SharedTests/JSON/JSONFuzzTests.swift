import Shared
import SystemPackage
import TestSupport
import Testing

/// Compares the scanner with `JSONDecoder`, and all its ways of reading with each other, on 200,000 damaged
/// texts.
struct JSONFuzzTests {
  private typealias Reading = Result<JSONTree, JSONError>

  private static func reading(
    _ scanner: consuming JSONScanner,
    with read: (inout JSONScanner) throws(JSONError) -> JSONTree
  ) -> Reading {
    do throws(JSONError) {
      return .success(try read(&scanner))
    } catch {
      return .failure(error)
    }
  }

  private static func tokens(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
    try JSONTree(tokensOf: &scanner)
  }

  private static func pieces(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
    try JSONTree(piecesOf: &scanner)
  }

  private static func skipped(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
    try scanner.skipValue()
    _ = try scanner.next()
    return .null
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `the scanner agrees with JSONDecoder and with itself`(seed: UInt64) throws {
    var mutation = JSONMutation(random: SeededNumbers(seed: seed))
    var accepted = 0
    try withNamelessFile([]) { file in
      for round in 0..<10_000 {
        let text = mutation.text()
        let window = Int.random(in: 16...64, using: &mutation.random)
        let reading = Self.reading(JSONScanner(text, window: window), with: Self.tokens)
        if case .success = reading { accepted += 1 }
        var problem = try Self.disagreement(with: reading, text: text, window: window, in: file)
        if problem == nil { problem = Self.disagreement(withReferenceOn: text, reading) }
        if let problem {
          let shown = String(decoding: text, as: UTF8.self).debugDescription
          Issue.record("seed \(seed), round \(round), window \(window): \(problem) in \(shown)")
          return
        }
      }
    }
    // Were nearly everything refused, the comparison would say little.
    #expect(accepted > 2_000)
  }

  /// What another way of reading the text makes of it, if that is not the same.
  private static func disagreement(
    with expected: Reading, text: [UInt8], window: Int, in file: FileDescriptor
  ) throws -> String? {
    try file.resize(to: 0)
    try file.writeAll(toAbsoluteOffset: 0, text)
    let fromFile = reading(JSONScanner(reading: file, window: window), with: pieces)
    if fromFile != expected { return "a file gives \(fromFile), memory \(expected)" }
    let whole = reading(JSONScanner(text), with: pieces)
    if whole != expected { return "the whole text gives \(whole), a window \(expected)" }
    let skip = reading(JSONScanner(text, window: window), with: skipped)
    if skip != expected.map({ _ in .null }) { return "skipping gives \(skip), reading \(expected)" }

    var tolerant = JSONScanner(text, window: window)
    tolerant.toleratesInvalidUTF8 = true
    let lossy = reading(tolerant, with: tokens)
    let repaired = Array(String(decoding: text, as: UTF8.self).utf8)
    let strict = repaired == text ? expected : reading(JSONScanner(repaired), with: tokens)
    // Offsets differ, since the replacements have lengths of their own.
    guard lossy.mapError(\.kind.asError) == strict.mapError(\.kind.asError) else {
      return "tolerating gives \(lossy), repairing first \(strict)"
    }
    return nil
  }

  /// What the decoder makes of the text, if the two disagree and no known difference explains it.
  private static func disagreement(
    withReferenceOn text: [UInt8], _ reading: Reading
  ) -> String? {
    switch reading {
    case .success(let tree):
      do {
        try JSONReference.read(JSONDifference.decodable(text), expecting: tree)
        return nil
      } catch {
        return "accepted as \(tree), but \(error)"
      }
    case .failure(let error):
      if !JSONReference.accepts(text) || JSONDifference.isOtherEncoding(text) { return nil }
      if let text = JSONDifference.withoutTrailingComma(text, error) {
        return disagreement(
          withReferenceOn: text, Self.reading(JSONScanner(text), with: tokens))
      }
      return JSONDifference.isUncheckedDuplicate(text, error) ? nil : "refused for \(error)"
    }
  }

  @Test(
    arguments: [
      (.loneSurrogate, #"["\ud83d"]"#, #"["\ufffd"]"#),
      (.loneSurrogate, #"{"\ude00":"\ud83d\ud83d\ude00"}"#, #"{"\ufffd":"\ufffd\ud83d\ude00"}"#),
      (.numberOutOfRange, "[1e400]", "[0]"), (.numberOutOfRange, "[-1e-400]", "[-0]"),
      (.trailingComma, "[1, ]", "[1 ]"), (.trailingComma, #"{"a":1,}"#, #"{"a":1}"#),
      (.otherEncoding, "\u{FEFF}1", "1"), (.otherEncoding, "1\0", "1"),
      (.uncheckedDuplicate, #"{"a":1,"a":1e}"#, #"{"a":1}"#),
      (.uncheckedDuplicate, #"{"a":1,"a":"\x"}"#, #"{"a":1}"#),
    ] as [(JSONDifference, String, String)])
  func `a known difference is still one`(
    difference: JSONDifference, text: String, agreed: String
  ) throws {
    let text = Array(text.utf8)
    let agreed = Array(agreed.utf8)
    let reading = Self.reading(JSONScanner(text), with: Self.tokens)
    let isRefused = (try? reading.get()) == nil
    #expect(JSONReference.accepts(text) == isRefused)
    #expect(JSONReference.accepts(agreed))
    #expect(Self.disagreement(withReferenceOn: text, reading) == nil)
    if !isRefused { #expect(try JSONDifference.decodable(text) == agreed) }
    if difference == .trailingComma {
      let error = #expect(throws: JSONError.self) { try reading.get() }
      #expect(try JSONDifference.withoutTrailingComma(text, #require(error)) == agreed)
    }
  }
}

extension JSONError.Kind {
  /// The kind as an error without its place.
  fileprivate var asError: JSONError { JSONError(kind: self, offset: 0) }
}

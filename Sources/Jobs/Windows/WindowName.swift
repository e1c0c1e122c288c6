/// The operator's own name of a window, `W0-CHN` for one.
package enum WindowName {
  /// The name a first window gets when nobody says otherwise.
  package static let first = "W0-01"

  /// The next name by counting: trailing digits go up by one and keep their width, a name without
  /// any gets `-1`.
  ///
  /// `W0-09` → `W0-10`, `W0-99` → `W0-100`, `W0-CHN` → `W0-CHN-1`, `W0-21C` → `W0-21C-1`.
  package static func incremented(_ name: String) -> String {
    let digits = name.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
    guard digits > 0 else { return name + "-1" }
    let number = name.suffix(digits)
    return name.dropLast(digits) + sum(number)
  }

  /// Digits plus one, without a limit to their number.
  private static func sum(_ digits: Substring) -> String {
    var result = Array(digits.utf8)
    var index = result.count - 1
    while index >= 0 {
      guard result[index] == 0x39 else {
        result[index] += 1
        return String(decoding: result, as: UTF8.self)
      }
      result[index] = 0x30
      index -= 1
    }
    return "1" + String(decoding: result, as: UTF8.self)
  }

  /// The window after `name`: its successor in the planned sequence, else the next by counting;
  /// names that are taken are passed over.
  package static func next(
    after name: String?, sequence: [String], taken: Set<String>
  ) -> String {
    // A plan may name a window twice, and counting may lead back into it.
    var passed: Set<String> = []
    var result: String
    if let name {
      passed.insert(name)
      result = successor(of: name, in: sequence, passed) ?? incremented(name)
    } else {
      result = sequence.first ?? first
    }
    while taken.contains(result) {
      passed.insert(result)
      result = successor(of: result, in: sequence, passed) ?? incremented(result)
    }
    return result
  }

  private static func successor(
    of name: String, in sequence: [String], _ passed: Set<String>
  ) -> String? {
    guard let index = sequence.firstIndex(of: name) else { return nil }
    return sequence[(index + 1)...].first { !passed.contains($0) }
  }

  /// Why a name cannot be one; nil when it can.
  ///
  /// It stands in lines of text and in CSV cells, and scripts put it into paths.
  package static func fault(in name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.utf8.count > 100 { return "it is longer than 100 bytes" }
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != 0x2C && $0 != 0x2F }
    return isPlain ? nil : "it has a space, a comma, a slash or a control character"
  }
}

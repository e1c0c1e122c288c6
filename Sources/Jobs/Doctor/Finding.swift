internal import Shared

/// What one look at the suite and its surroundings came to: a line of `doctor`.
package struct Finding: Sendable, Equatable {
  package enum State: String, Sendable, Comparable {
    case ok
    /// Works, and is worth a look.
    case warning
    /// Something does not work.
    case failed

    /// How a line begins.
    var mark: String {
      switch self {
      case .ok: "ok"
      case .warning: "!"
      case .failed: "x"
      }
    }

    private var rank: Int { self == .ok ? 0 : self == .warning ? 1 : 2 }

    package static func < (left: State, right: State) -> Bool { left.rank < right.rank }
  }

  /// What was looked at, in a word or two.
  package let check: String
  package let state: State
  package let text: String
  /// What to do; nil where nothing is.
  package let advice: String?
  /// What `--fix` did.
  package var fixed: [String] = []

  package init(_ check: String, _ state: State, _ text: String, advice: String? = nil) {
    self.check = check
    self.state = state
    self.text = text
    self.advice = advice
  }

  /// One finding of several things: as bad as the worst of them, whose words and advice it bears.
  init(_ check: String, _ parts: [Part], otherwise text: String) {
    let worst = parts.map(\.state).max() ?? .ok
    let told = parts.filter { $0.state == worst }
    self.init(
      check, worst, told.isEmpty ? text : told.map(\.text).joined(separator: ", "),
      advice: worst == .ok ? nil : told.lazy.compactMap(\.advice).first)
  }

  /// One of several things that a check looks at.
  struct Part: Sendable, Equatable {
    let state: State
    let text: String
    var advice: String?

    init(_ state: State, _ text: String, advice: String? = nil) {
      self.state = state
      self.text = text
      self.advice = advice
    }
  }

  /// A text of a few names and a count of the rest.
  static func few(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ")
      + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}

// MARK: - Text

extension Finding {
  /// A line for each finding.
  package static func lines(_ findings: [Finding]) -> [String] {
    let width = findings.map(\.check.count).max() ?? 0
    return findings.map { finding in
      let mark = finding.state.mark + String(repeating: " ", count: 2 - finding.state.mark.count)
      let check =
        finding.check + String(repeating: " ", count: width - finding.check.count)
      let fixed = finding.fixed.isEmpty ? [] : ["fixed: " + finding.fixed.joined(separator: ", ")]
      let words = [finding.text] + fixed + [finding.advice].compactMap(\.self)
      return "\(mark)  \(check)  \(words.joined(separator: "; ").escapingControls)"
    }
  }

  /// One object, without a line feed.
  package static func json(_ findings: [Finding]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.member("healthy", !findings.contains { $0.state == .failed })
      writer.key("checks")
      writer.array { writer in
        for finding in findings {
          writer.object { writer in
            writer.member("check", finding.check)
            writer.member("state", finding.state.rawValue)
            writer.member("text", finding.text)
            writer.member("advice", finding.advice)
            writer.key("fixed")
            writer.array { writer in
              for action in finding.fixed { writer.string(action) }
            }
          }
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

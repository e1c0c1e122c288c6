internal import Shared

/// The part of every name that tells one workspace's schedule from another's.
package enum ScheduleName {
  /// The workspace's path as systemd writes paths in unit names, and the agent where one is named:
  /// `srv-app`, `home-dev-my\x2dapp:sub1`.
  ///
  /// Two agents of one workspace have windows of their own, and so schedules.
  package static func of(workspace: String, agent: String?) -> String {
    let agentPart = agent.map { ":" + escape($0) } ?? ""
    let name = escapePath(workspace) + agentPart
    guard name.utf8.count > longest else { return name }
    // A file's name takes 255 bytes; what is cut off is told apart by its digest.
    let digest = SHA256.hex(of: Array(name.utf8)).prefix(16)
    return name.prefix(longest - 17) + "-" + digest
  }

  private static let longest = 160

  /// The name of a file of an agent's own, which is any text: `window-reset@sub1`.
  package static func file(_ stem: String, agent: String?) -> String {
    guard let agent else { return stem }
    let name = escape(agent)
    guard name.utf8.count > longest else { return "\(stem)@\(name)" }
    return "\(stem)@\(name.prefix(longest - 17))-\(SHA256.hex(of: Array(name.utf8)).prefix(16))"
  }

  /// A path by the rules of `systemd-escape --path`.
  package static func escapePath(_ path: String) -> String {
    let parts = path.split(separator: "/")
    return parts.isEmpty ? "-" : escape(parts.joined(separator: "/"))
  }

  /// A text by the rules of `systemd-escape`: `/` becomes `-`, and all but letters, digits, `:`,
  /// `_` and `.` becomes `\x` and two hexadecimal digits, as does a `.` in front.
  package static func escape(_ text: String) -> String {
    var result = ""
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "/"): result += "-"
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where index > 0: result += "."
      default:
        let digits = String(byte, radix: 16)
        result += "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }

  /// The same for places that take lower-case letters, digits and `-` alone, in at most `limit`
  /// bytes; a name that loses something by that gets a part of its digest behind it.
  package static func plain(_ name: String, limit: Int) -> String {
    let letters = name.lowercased().unicodeScalars.map { scalar -> Character in
      switch scalar {
      case "a"..."z", "0"..."9": Character(scalar)
      default: "-"
      }
    }
    let text = String(letters)
    let isWhole =
      text == name && text.utf8.count <= limit && !text.hasPrefix("-") && !text.hasSuffix("-")
    guard !isWhole else { return text }
    let digest = SHA256.hex(of: Array(name.utf8)).prefix(8)
    let kept = text.drop { $0 == "-" }.prefix(limit - 9)
    return kept.isEmpty ? "w-\(digest)" : "\(kept)-\(digest)"
  }
}

internal import Shared

/// Ids that are a function of content.
package enum ContentID {
  /// The first 16 hex digits of a SHA-256 over the parts, each behind its length.
  ///
  /// 64 bits: among a million rows two differ with a chance of one in thirty million to one.
  package static func of(_ parts: [String]) -> String {
    var bytes: [UInt8] = []
    for part in parts {
      bytes += Array("\(part.utf8.count):".utf8)
      bytes += Array(part.utf8)
    }
    return String(SHA256.hex(of: bytes).prefix(16))
  }
}

package import SystemPackage

/// The recorded and made-up files beside the tests.
package enum Fixtures {
  /// The root of the package, found from this source file.
  package static let packageRoot = FilePath(#filePath)
    .removingLastComponent().removingLastComponent().removingLastComponent()

  /// A path below `Tests/Fixtures`.
  package static func path(_ relative: String) -> FilePath {
    packageRoot.appending("Tests/Fixtures").appending(relative)
  }

  /// The bytes of a fixture.
  package static func bytes(_ relative: String) throws -> [UInt8] {
    guard let bytes = readBytes(path(relative)) else { throw MissingFixture(path: relative) }
    return bytes
  }

  /// The text of a fixture.
  package static func text(_ relative: String) throws -> String {
    String(decoding: try bytes(relative), as: UTF8.self)
  }

  /// What `expected.json` says of every opencode export, by file name.
  package static func expectedUsage() throws -> [ExpectedUsage] {
    let table = try JSON(parsing: bytes("opencode/expected.json"))
    return (table["exports"].object ?? [:]).map { ExpectedUsage(file: $0.key, row: $0.value) }
      .sorted { $0.file < $1.file }
  }

  /// The context window expected of each model, by file name below `opencode/models`; nil where
  /// that file does not say.
  package static func expectedWindows() throws -> [String: [String: Int?]] {
    let table = try JSON(parsing: bytes("opencode/expected.json"))
    return (table["models"].object ?? [:]).mapValues { models in
      (models.object ?? [:]).mapValues(\.integer)
    }
  }
}

/// The numbers that belong to one recorded export.
package struct ExpectedUsage: Sendable, CustomStringConvertible {
  /// The name below `opencode/exports`.
  package let file: String
  /// The session the export is of.
  package let sessionId: String
  /// What `messageCount` must be.
  package let messageCount: Int
  /// Nil is "unknown", which is not zero.
  package let dialogTokens: Int?
  /// Nil is "unknown".
  package let contextTokens: Int?
  /// `provider/model` of the message the numbers come from.
  package let model: String?

  init(file: String, row: JSON) {
    self.file = file
    sessionId = row["sessionId"].string ?? ""
    messageCount = row["messageCount"].integer ?? -1
    dialogTokens = row["dialogTokens"].integer
    contextTokens = row["contextTokens"].integer
    model = row["model"].string
  }

  /// The file name, to be seen in test output.
  package var description: String { file }
}

/// A fixture that is not there.
package struct MissingFixture: Error {
  /// The path below `Tests/Fixtures`.
  package let path: String
}

internal import Shared
internal import SystemPackage

/// What is wrong with a configuration, in words for whoever wrote it: file, line, key, what is
/// expected there and what is written.
struct ConfigurationFault {
  private let path: FilePath
  private let outline: ConfigurationOutline

  init(_ bytes: [UInt8], in path: FilePath) {
    self.path = path
    outline = ConfigurationOutline(bytes)
  }

  /// What the decoder would not take.
  func error(_ error: DecodingError) -> JobError {
    switch error {
    case .typeMismatch(let type, let context):
      wrong(Self.key(context.codingPath), expected: Self.expectation(type))
    case .valueNotFound(let type, let context):
      wrong(Self.key(context.codingPath), expected: Self.expectation(type))
    case .keyNotFound(let key, let context):
      missing(key.stringValue, in: Self.key(context.codingPath))
    case .dataCorrupted(let context): wrong(Self.key(context.codingPath), expected: nil)
    @unknown default: syntax
    }
  }

  /// A value that can be read and cannot be meant; its message begins with the key.
  func error(_ error: JobError) -> JobError {
    let key = error.message.firstRange(of: ": ").map { error.message[..<$0.lowerBound] } ?? ""
    return at(outline.member(around: String(key))?.line, error.message)
  }

  /// The same without a key.
  var syntax: JobError {
    guard let fault = outline.fault else { return at(nil, "not valid JSON5") }
    return at(fault.line, "not valid JSON5: \(fault.text)")
  }

  func line(of key: String) -> Int? { outline.members.first { $0.path == key }?.line }

  // MARK: Words

  private func at(_ line: Int?, _ text: String) -> JobError {
    JobError(.configuration, "\(path):\(line.map { "\($0):" } ?? "") \(text)")
  }

  private func wrong(_ key: String, expected: String?) -> JobError {
    guard !key.isEmpty else { return syntax }
    let member = outline.member(around: key)
    let setting = ConfigurationKey.all.first { $0.path == key }
    let note = setting.map { " (\($0.note))" } ?? ""
    let found = member.map { $0.path == key ? ", not \($0.value)" : "" } ?? ""
    let what = expected.map { "\($0) is expected" } ?? "another value is expected"
    return at(member?.line, "\(key): \(what)\(note)\(found)")
  }

  private func missing(_ name: String, in key: String) -> JobError {
    let near = outline.keys(below: key).first {
      ConfigurationCheck.nearest(to: $0, among: [name]) != nil
    }
    let hint = near.map { "; is '\($0.escapingControls)' meant?" } ?? ""
    return at(outline.member(around: key)?.line, "\(key): '\(name)' is missing\(hint)")
  }

  private static func expectation(_ type: any Any.Type) -> String {
    let name = "\(type)"
    if name.hasPrefix("Dictionary") { return "an object { … }" }
    if name.hasPrefix("Array") { return "a list [ … ]" }
    return name == "String" ? "a text in quotes" : "a number"
  }

  /// `rotate.files[1].path`.
  private static func key(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }
}

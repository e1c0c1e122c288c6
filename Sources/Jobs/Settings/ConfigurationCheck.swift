internal import FoundationEssentials
internal import Shared
package import SystemPackage

/// A key of the file that no setting has: it does nothing, and nobody says so.
package struct UnknownKey: Sendable, Equatable {
  /// Where it stands: `refresh.timout`, `rotate.files[1].maxByte`.
  package let path: String
  /// The known key that was most likely meant; nil where none is near.
  package let nearest: String?
  /// Counted from 1; nil where that cannot be told.
  package var line: Int?

  /// One line for a person.
  package var text: String {
    "unknown key '\(path.escapingControls)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
  }
}

/// Looks for what a configuration says in vain.
package enum ConfigurationCheck {
  /// The unknown keys of a file, in the order of their names; none where there is no file.
  ///
  /// - Throws: 78 for a text that is no JSON5; what is wrong with known keys is told by
  ///   ``Configuration/read(_:named:)``.
  package static func unknownKeys(inFile path: FilePath) throws(JobError) -> [UnknownKey] {
    let bytes: [UInt8]
    do throws(FileError) {
      guard let content = try readWholeFile(path) else { return [] }
      bytes = content.bytes
    } catch {
      throw JobError(error)
    }
    // As in ``Configuration/read(_:named:)``: the decoder ends the process over such bytes.
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JobError(.configuration, "\(path): not valid JSON5: it is not UTF-8")
    }
    do {
      let decoder = JSONDecoder()
      decoder.allowsJSON5 = true
      let unknown = unknownKeys(in: try decoder.decode(KeyTree.self, from: Data(bytes)))
      guard !unknown.isEmpty else { return [] }
      let fault = ConfigurationFault(bytes, in: path)
      return unknown.map {
        UnknownKey(path: $0.path, nearest: $0.nearest, line: fault.line(of: $0.path))
      }
    } catch {
      throw ConfigurationFault(bytes, in: path).syntax
    }
  }

  // MARK: Decisions

  /// The keys of a text and what stands below them, without the values.
  indirect enum KeyTree: Decodable, Equatable {
    case object([String: KeyTree])
    case list([KeyTree])
    case value

    init(from decoder: any Decoder) throws {
      if let container = try? decoder.container(keyedBy: AnyKey.self) {
        var members: [String: KeyTree] = [:]
        for key in container.allKeys {
          members[key.stringValue] = try container.decode(KeyTree.self, forKey: key)
        }
        self = .object(members)
      } else if var container = try? decoder.unkeyedContainer() {
        var elements: [KeyTree] = []
        while !container.isAtEnd { elements.append(try container.decode(KeyTree.self)) }
        self = .list(elements)
      } else {
        self = .value
      }
    }

    private struct AnyKey: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }

  static func unknownKeys(in tree: KeyTree) -> [UnknownKey] {
    let sections = Set(ConfigurationKey.all.compactMap(\.section))
    return members(of: tree).flatMap { name, value -> [UnknownKey] in
      if let key = ConfigurationKey.all.first(where: { $0.path == name }) {
        return unknownKeys(below: key, value)
      }
      guard sections.contains(name) else { return [unknown(name, below: nil)] }
      return members(of: value).flatMap { member, value -> [UnknownKey] in
        let path = "\(name).\(member)"
        guard let key = ConfigurationKey.all.first(where: { $0.path == path })
        else { return [unknown(member, below: name)] }
        return unknownKeys(below: key, value)
      }
    }
  }

  /// The unknown keys of the objects that a setting lists.
  private static func unknownKeys(below key: ConfigurationKey, _ value: KeyTree) -> [UnknownKey] {
    guard !key.hasFreeKeys, case .list(let elements) = value else { return [] }
    return elements.enumerated().flatMap { index, element in
      members(of: element).filter { !key.elementKeys.contains($0.key) }.map { name, _ in
        UnknownKey(
          path: "\(key.path)[\(index)].\(name)", nearest: nearest(to: name, among: key.elementKeys))
      }
    }
  }

  private static func members(of tree: KeyTree) -> [(key: String, value: KeyTree)] {
    guard case .object(let members) = tree else { return [] }
    return members.sorted { $0.key < $1.key }
  }

  /// The nearest is looked for where the key stands, then by its own name anywhere.
  private static func unknown(_ name: String, below section: String?) -> UnknownKey {
    let keys = ConfigurationKey.all
    let path = section.map { "\($0).\(name)" } ?? name
    let here =
      keys.filter { $0.section == section }.map(\.name)
      + (section == nil ? keys.compactMap(\.section) : [])
    if let near = nearest(to: name, among: here) {
      return UnknownKey(path: path, nearest: section.map { "\($0).\(near)" } ?? near)
    }
    let elsewhere = keys.filter { plain($0.name) == plain(name) }.map(\.path)
    return UnknownKey(path: path, nearest: elsewhere.count == 1 ? elsewhere.first : nil)
  }

  /// The known name that fewest slips lead to; nil where more than a third of it would be wrong.
  static func nearest(to name: String, among known: [String]) -> String? {
    let plainName = plain(name)
    let distances = known.map { ($0, EditDistance.between(plainName, plain($0))) }
    guard let (near, distance) = distances.min(by: { $0.1 < $1.1 }),
      distance <= max(1, plainName.count / 3)
    else { return nil }
    return near
  }

  /// `max_bytes`, `max-bytes` and `maxBytes` are one name.
  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0 != "_" && $0 != "-" }
  }
}

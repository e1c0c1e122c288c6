/// A decoder that holds nothing and notes every key that is asked of it.
///
/// A list answers with one element, so that the keys of that are noted as well.
final class KeyRecorder {
  private(set) var keys: [String] = []

  /// The keys that a type reads, in its order: `refresh.timeout`, `rotate.files[].path`.
  static func keys<T: Decodable>(of type: T.Type) -> [String] {
    let recorder = KeyRecorder()
    _ = try? T(from: Source(recorder: recorder, path: ""))
    return recorder.keys
  }

  struct Nothing: Error {}

  private struct Source: Decoder {
    let recorder: KeyRecorder
    let path: String
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
      KeyedDecodingContainer(Members(source: self))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { Elements(source: self) }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Nothing() }
  }

  private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let source: Source
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }
    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    private func note<T: Decodable>(_ type: T.Type, _ key: Key) -> T? {
      let path = source.path.isEmpty ? key.stringValue : "\(source.path).\(key.stringValue)"
      source.recorder.keys.append(path)
      return try? T(from: Source(recorder: source.recorder, path: path))
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
      note(type, key)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? {
      note(type, key)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? {
      note(type, key)
    }

    // What must be there is given, so that reading goes on.
    func decode(_ type: String.Type, forKey key: Key) -> String { note(type, key) ?? "" }
    func decode(_ type: Double.Type, forKey key: Key) -> Double { note(type, key) ?? 0 }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      guard let value = note(type, key) else { throw Nothing() }
      return value
    }
    func nestedContainer<Other: CodingKey>(
      keyedBy type: Other.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Other> { throw Nothing() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw Nothing()
    }
    func superDecoder() throws -> any Decoder { throw Nothing() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Nothing() }
  }

  private struct Elements: UnkeyedDecodingContainer {
    let source: Source
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }
    var currentIndex = 0

    init(source: Source) { self.source = source }

    mutating func decodeNil() -> Bool { false }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
      currentIndex += 1
      return try T(from: Source(recorder: source.recorder, path: source.path + "[]"))
    }
    mutating func nestedContainer<Other: CodingKey>(
      keyedBy type: Other.Type
    ) throws -> KeyedDecodingContainer<Other> { throw Nothing() }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      throw Nothing()
    }
    mutating func superDecoder() throws -> any Decoder { throw Nothing() }
  }
}

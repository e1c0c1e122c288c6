import Shared
import SystemPackage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Lends a file without a name that holds some bytes.
func withNamelessFile<T>(_ content: [UInt8], _ body: (FileDescriptor) throws -> T) throws -> T {
  let stream = try #require(tmpfile())
  defer { fclose(stream) }
  let file = FileDescriptor(rawValue: fileno(stream))
  try file.writeAll(content)
  return try body(file)
}

struct JSONFileTests {
  @Test(arguments: [16, 31, 64, 4096])
  func `a file is read through a small window`(window: Int) throws {
    let element = #"{"id": "é漢😀 \u00e9\n", "n": [ -12.5e3, true ,null ] },"# + "\n        "
    let text = "[" + String(repeating: element, count: 500) + "0]"
    try withNamelessFile(Array(text.utf8)) { file in
      var scanner = JSONScanner(reading: file, window: window)
      var count = 0
      #expect(try scanner.enterArray())
      while try scanner.nextElement() {
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          if scanner.keyIs("id") {
            #expect(try scanner.nextString() == "é漢😀 é\n")
            count += 1
          } else {
            try scanner.skipValue()
          }
        }
      }
      #expect(count == 500)
      #expect(try scanner.next() == .end)
    }
  }

  @Test func `the descriptor is neither moved nor closed`() throws {
    try withNamelessFile(Array(#"xx{"a":1}"#.utf8)) { file in
      try file.seek(offset: 3, from: .start)
      do {
        var scanner = JSONScanner(reading: file, from: 2)
        try scanner.skipValue()
        #expect(scanner.tokenRange == 2..<9)
      }
      #expect(try file.seek(offset: 0, from: .current) == 3)
    }
  }

  @Test func `a line that was cut is read again once it is whole`() throws {
    try withNamelessFile(Array(#"{"a":"#.utf8)) { file in
      var scanner = JSONScanner(reading: file)
      #expect(throws: JSONError(kind: .unexpectedEnd, offset: 5)) { try scanner.skipValue() }
      try file.writeAll(Array("1}".utf8))
      scanner.restart(at: 0)
      try scanner.skipValue()
      #expect(scanner.tokenRange == 0..<7)
    }
  }

  @Test func `a failed read is an error with its errno`() throws {
    let folder = try FileDescriptor.open("/", .readOnly)
    try folder.closeAfter {
      var scanner = JSONScanner(reading: folder)
      #expect(throws: JSONError(kind: .io(.isDirectory), offset: 0)) { try scanner.next() }
      #expect(throws: JSONError(kind: .io(.isDirectory), offset: 0)) { try scanner.nextElement() }
    }
  }
}

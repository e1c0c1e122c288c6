import Shared
import Testing

struct CSVTableTests {
  private let header = ["date", "task", "notes"]

  private func table(_ text: String) throws -> CSVTable {
    try CSVTable(Array(text.utf8), header: header)
  }

  @Test(
    "A cell that could break its row is quoted, and read back as it was",
    arguments: [
      ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
      ("\"", "\"\"\"\""), (" led", "\" led\""), ("a; b=c", "a; b=c"), ("ärm, ✔", "\"ärm, ✔\""),
    ])
  func quoting(cell: String, written: String) throws {
    let line = CSVTable.line(["d", cell, "n"])
    #expect(String(decoding: line, as: UTF8.self) == "d,\(written),n\n")
    let read = try table("date,task,notes\n" + String(decoding: line, as: UTF8.self))
    #expect(read.rows.map(\.cells) == [["d", cell, "n"]])
  }

  @Test(
    "A row is one line, whatever is in its cells",
    arguments: ["a\nb", "a\r\nb", "a\u{2028}b", "a\u{85}b", "a\u{0}\n\u{1B}b"])
  func oneLine(cell: String) {
    #expect(String(decoding: CSVTable.line(["d", cell]), as: UTF8.self) == "d,a b\n")
  }

  @Test("Line breaks inside quotes belong to the cell, and lines are counted on")
  func lineBreaks() throws {
    let read = try table(
      "date,task,notes\r\n1,\"two\r\nlines\",x\r\n\r\n2,\"say \"\"hi\"\", you\",y\r\n3,z,")
    #expect(read.rows.map(\.line) == [2, 5, 6])
    #expect(
      read.rows.map(\.cells)
        == [["1", "two\r\nlines", "x"], ["2", "say \"hi\", you", "y"], ["3", "z", ""]])
    #expect(read.misfits.isEmpty)
    #expect(String(decoding: read.addition(["4", "a", "b"]), as: UTF8.self) == "4,a,b\r\n")
  }

  @Test("Rows of another width are told with their lines, and the rest is read")
  func misfits() throws {
    let read = try table("date,task,notes\n1,a,b,c\n2,a,b\n3\n4,\"open,b\n5,a,b\n")
    #expect(read.rows.map { $0.cells[0] } == ["2", "5"])
    #expect(read.misfits.map(\.line) == [2, 4, 5])
    #expect(read.misfits.map(\.cells) == [4, 1, nil])
  }

  @Test("A forgotten quote costs its own row, also where later rows have quotes")
  func forgottenQuote() throws {
    let read = try table("date,task,notes\n1,\"open,b\n2,a,\"x, y\"\n3,\"a\",b\n")
    #expect(read.misfits.map(\.line) == [2])
    #expect(read.rows.map(\.cells) == [["2", "a", "x, y"], ["3", "a", "b"]])
  }

  @Test("A quote inside an unquoted cell is a character like others")
  func strayQuote() throws {
    let read = try table("date,task,notes\n1,5\" disk,b\n")
    #expect(read.rows.map(\.cells) == [["1", "5\" disk", "b"]])
  }

  @Test("A file without rows gets its header with the first", arguments: ["", "\n\n", "\u{FEFF}"])
  func empty(text: String) throws {
    let read = try table(text)
    #expect(read.isEmpty)
    #expect(
      String(decoding: read.addition(["1", "2", "3"]), as: UTF8.self) == "date,task,notes\n1,2,3\n")
  }

  @Test("A byte order mark is no part of the first name")
  func byteOrderMark() throws {
    let read = try table("\u{FEFF}date,task,notes\n1,2,3\n")
    #expect(!read.isEmpty)
    #expect(String(decoding: read.addition(["4", "", ""]), as: UTF8.self) == "4,,\n")
  }

  @Test(
    "Another table is refused",
    arguments: [
      "date,task\n", "date,task,notes,more\n", "1,2,3\n", "task,date,notes\n", "\"date\n",
    ])
  func foreign(text: String) {
    #expect(throws: CSVTable.ForeignHeader.self) { try table(text) }
  }
}

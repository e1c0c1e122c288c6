internal import Shared
internal import SystemPackage

/// The windows that events were put into after they had been stored.
struct AssignedWindows {
  private var places: [EventID: Int] = [:]
  /// Names with room behind them.
  private var names: [[UInt8]] = []

  /// Reads the corrections from an offset on: none stands before the event that it is of.
  ///
  /// Of two that are of one event the first counts: what is in a window stays there.
  init(_ source: LineBlocks.Source, from offset: Int, _ longest: Int) throws(Errno) {
    var blocks = LineBlocks(source, from: offset, longestLine: longest)
    var indices: [String: Int] = [:]
    var text = StoredRowText()
    while let block = try blocks.next() {
      LineBlocks.lines(of: block, with: "\"assigns\"") { line in
        _ = text.read(line) { row in
          guard row.text(.provider, is: "proxy-telemetry"),
            let id = EventID(text: row.string(.assigns))
          else { return }
          let name = row.string(.window)
          let index = indices[name] ?? names.count
          if index == names.count {
            indices[name] = index
            names.append(Array(name.utf8) + Array(repeating: 0, count: LineBlocks.padding))
          }
          if places[id] == nil { places[id] = index }
        }
      }
    }
  }

  subscript(_ id: String) -> [UInt8]? {
    EventID(text: id).flatMap { places[$0] }.map { names[$0] }
  }
}

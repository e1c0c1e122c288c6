/// How far two words are apart as a typist counts: letters that are missing, too many, wrong, or
/// exchanged with their neighbour.
package enum EditDistance {
  /// The distance; 0 for equal words (optimal string alignment).
  package static func between(_ left: some StringProtocol, _ right: some StringProtocol) -> Int {
    let left = Array(left)
    let right = Array(right)
    var before: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      before = last
      last = current
    }
    return last[right.count]
  }
}

import Shared

extension ProcessTable {
  /// A table in which only one process can be asked for.
  static func only(pid: Int32, alive: Bool, start: Timestamp?) -> ProcessTable {
    ProcessTable(
      isAlive: { $0 == pid && alive }, startTime: { $0 == pid ? start?.milliseconds : nil },
      openers: { _ in FileOpeners(reach: .everyProcess) })
  }
}

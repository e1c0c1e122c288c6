internal import Shared
internal import SystemPackage

/// Which export command an opencode answered to, for as long as its program file is the same.
enum OpencodeMemory {
  /// What was learned of this program; nil when nothing was, or of another one.
  static func command(
    of executable: FilePath, in path: FilePath
  ) -> OpencodeClient.ExportCommand? {
    let bytes = StateFile.read(path)
    guard !bytes.isEmpty, let layout = try? JSONObjectLayout(of: bytes),
      text("program", layout, bytes) == identity(of: executable),
      let command = text("exportCommand", layout, bytes)
    else { return nil }
    return OpencodeClient.ExportCommand(rawValue: command)
  }

  /// Keeps what was learned; one that cannot be kept is learned again by the next run.
  static func keep(
    _ command: OpencodeClient.ExportCommand, of executable: FilePath, in path: FilePath
  ) {
    guard self.command(of: executable, in: path) != command else { return }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("program", identity(of: executable))
      writer.member("exportCommand", command.rawValue)
    }
    try? StateFile.write(writer.bytes, to: path)
  }

  /// Changes with every update of the program.
  private static func identity(of executable: FilePath) -> String {
    guard let status = try? Stat(executable) else { return "" }
    let written = Timestamp(modificationOf: status).text
    return "\(executable) \(status.identity.inode) \(status.size) \(written)"
  }

  private static func text(
    _ key: String, _ layout: JSONObjectLayout, _ bytes: [UInt8]
  ) -> String? {
    layout.member(key).flatMap { JSONValue.string(bytes, $0.valueRange) }
  }
}

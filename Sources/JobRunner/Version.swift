/// The version of this tool, as `--version` prints it and as rows carry it.
enum Version {
  static let text = "0.1.0"
}

internal import Shared

/// The version of this tool, as `--version` prints it and as rows carry it.
enum Version {
  static let text = "0.1.0"

  /// The day of the release or one before it: no right clock shows less.
  static let builtOn = LocalDay(daysSinceEpoch: 20_760)
}

internal import Shared

/// The version of this tool, as rows carry it.
enum Version {
  static let text = "0.1.0"

  /// The version with the commit it was built from, where `make release` told that.
  static var withCommit: String {
    #if JOBRUNNER_COMMIT
    "\(text) (\(BuildCommit.text))"
    #else
    text
    #endif
  }

  /// The day of the release or one before it: no right clock shows less.
  static let builtOn = LocalDay(daysSinceEpoch: 20_758)
}

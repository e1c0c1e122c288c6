/// The environment that git is started with: the same answer wherever a run is started from.
enum GitEnvironment {
  /// Where the user's settings are; they tell which folders git may trust.
  private static let kept = [
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
  ]

  /// Ours without what would lead git elsewhere or change its words.
  ///
  /// A hook runs with `GIT_DIR`, `GIT_INDEX_FILE` and more of the repository it belongs to.
  static func neutral(_ environment: [String: String]) -> [String: String] {
    var result = environment.filter { name, _ in
      !name.hasPrefix("GIT_") && !name.hasPrefix("LC_") || kept.contains(name)
    }
    result["LANGUAGE"] = nil
    result["LC_ALL"] = "C"
    result["GIT_OPTIONAL_LOCKS"] = "0"
    result["GIT_TERMINAL_PROMPT"] = "0"
    result["GIT_NO_REPLACE_OBJECTS"] = "1"
    result["GIT_PAGER"] = "cat"
    return result
  }
}

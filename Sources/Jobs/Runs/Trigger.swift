/// What started a run.
package enum Trigger: String, Sendable, CaseIterable {
  case cron
  case systemd
  case launchd
  case kubernetes
  case ci
  /// A person at a terminal.
  case hand
  case unknown

  /// Tells the trigger from what each leaves behind.
  ///
  /// Sources: systemd.exec(5) for `INVOCATION_ID`, launchd.plist(5) for `XPC_SERVICE_NAME`, the
  /// Kubernetes service documentation for its variable; cron leaves nothing but itself as a parent.
  ///
  /// - Parameters:
  ///   - ancestors: Names of the parent process, its parent and so on.
  ///   - isTerminal: Whether errors go to a terminal.
  package init(environment: [String: String], ancestors: [String], isTerminal: Bool) {
    func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
    if let named = environment["JOBRUNNER_TRIGGER"].flatMap(Trigger.init(rawValue:)) {
      self = named
    } else if isTerminal {
      self = .hand
    } else if isSet("CI") {
      self = .ci
    } else if isSet("KUBERNETES_SERVICE_HOST") {
      self = .kubernetes
    } else if ancestors.contains(where: { ["cron", "crond", "CRON"].contains($0) }) {
      self = .cron
    } else if isSet("INVOCATION_ID") {
      // A shell of a user's session has it too, which is why cron is asked first.
      self = .systemd
    } else if let name = environment["XPC_SERVICE_NAME"], !["", "0"].contains(name) {
      self = .launchd
    } else {
      self = .unknown
    }
  }
}

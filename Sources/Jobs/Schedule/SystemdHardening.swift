internal import Shared
internal import SystemPackage

/// What a run cannot do, whatever is wrong with it or with a client that it starts.
///
/// A user's own manager has no privileges: it takes what filters system calls, and nothing that needs
/// a mount of its own. Clients translate code as they run, so that memory may become executable for
/// them; they talk to their servers and write below their owner's home.
struct SystemdHardening {
  private let plan: SchedulePlan
  private let job: ScheduledJob

  init(_ plan: SchedulePlan, _ job: ScheduledJob) {
    self.plan = plan
    self.job = job
  }

  var settings: [(String, String)] {
    switch plan.level {
    case .user: Self.unprivileged + executableMemory
    case .system: Self.unprivileged + executableMemory + ofSystem
    }
  }

  static func ofShell(_ plan: SchedulePlan) -> [(String, String)] {
    let network = [("RestrictAddressFamilies", "AF_UNIX"), ("MemoryDenyWriteExecute", "yes")]
    switch plan.level {
    case .user: return unprivileged.filter { $0.0 != "RestrictAddressFamilies" } + network
    case .system:
      return unprivileged.filter { $0.0 != "RestrictAddressFamilies" } + network
        + [("DynamicUser", "yes"), ("ProtectHome", "yes"), ("PrivateUsers", "yes")]
        + isolation + withoutNetwork
    }
  }

  private static let unprivileged = [
    ("UMask", "0077"),
    ("NoNewPrivileges", "yes"),
    ("LockPersonality", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("SystemCallErrorNumber", "EPERM"),
  ]

  private var executableMemory: [(String, String)] {
    job.startsClients ? [] : [("MemoryDenyWriteExecute", "yes")]
  }

  private static let isolation = [
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("ProtectSystem", "strict"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("DevicePolicy", "closed"),
    ("ProtectProc", "invisible"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("RemoveIPC", "yes"),
    ("KeyringMode", "private"),
  ]

  /// The kernel hides what other processes have open from who has user ids of its own, and that is
  /// what proves a lock dead and a log free.
  private var ownUsers: [(String, String)] {
    job.looksAtProcesses ? [] : [("PrivateUsers", "yes")]
  }

  private static let withoutNetwork = [("PrivateNetwork", "yes"), ("IPAddressDeny", "any")]

  private var ofSystem: [(String, String)] {
    [("User", plan.account.name), ("ProtectHome", "read-only")] + Self.isolation
      + ownUsers
      + [("ReadWritePaths", writable.map(UnitText.word).joined(separator: " "))]
      + (job.startsClients ? [] : Self.withoutNetwork)
  }

  /// The workspace, and what the clients keep of themselves.
  private var writable: [String] {
    let named = plan.variables.map(\.value).filter { $0.hasPrefix("/") }.map { "-\($0)" }
    let folders = [plan.workspace.string, "-\(plan.state)", "-\(plan.registry.folder)"] + named
    let inside = folders.enumerated().filter { index, folder in
      index == 0 || !folder.hasPrefix("-\(plan.workspace)/")
    }.map(\.1)
    guard job.startsClients else { return inside }
    let own = [
      ".codex", ".claude", ".claude.json", ".local/share/opencode", ".local/state/opencode",
      ".cache/opencode", ".config/opencode",
    ]
    return inside + own.map { "-\(plan.account.home.pushing(FilePath($0)))" }
  }
}

package import Shared
package import SystemPackage

/// `doctor`: looks at everything a job depends on and says what is wrong and what to do.
///
/// It makes and changes nothing in the workspace unless it was told to fix, and spends no quota.
package struct Doctor: Sendable {
  package static let name = "doctor"

  let workspace: Workspace
  let configurationPath: FilePath
  let world: World
  let version: String
  /// The first day on which this program can be run.
  let builtOn: LocalDay
  /// How the jobs would be scheduled; nil where that cannot be told.
  let schedule: SchedulePlan?
  let uid: UInt32

  /// - Parameters:
  ///   - version: Ours, by which vendors' clients know us.
  ///   - builtOn: The day this program was made, or one before it.
  package init(
    workspace: Workspace, configurationPath: FilePath, world: World, version: String,
    builtOn: LocalDay, schedule: SchedulePlan?, uid: UInt32
  ) {
    self.workspace = workspace
    self.configurationPath = configurationPath
    self.world = world
    self.version = version
    self.builtOn = builtOn
    self.schedule = schedule
    self.uid = uid
  }

  /// All findings, in the order they are shown.
  ///
  /// - Parameter fix: Whether what can be put right without a decision is put right first.
  package func findings(fix: Bool) async -> [Finding] {
    let settings = readConfiguration()
    let configuration = settings.configuration
    let repairs = fix ? Repairs.make(workspace, configuration: configuration, world: world) : []
    async let clients = clientFindings(configuration)
    let before =
      [workspaceFinding(), filesFinding(configuration), settings.finding, registryFinding()]
      + [locksFinding(), intentsFinding(), leftoversFinding(configuration)]
      + [ledgersFinding(configuration)]
    let (jobs, timers) = await jobsFindings()
    let after = [clockFinding(), zoneFinding(), jobs, timers, diskFinding(), fileSystemFinding()]
    let all = before + (await clients) + after
    return all.map { finding in
      var finding = finding
      finding.fixed = repairs.filter { $0.check == finding.check }.map(\.text)
      return finding
    }
  }

  // MARK: Configuration

  /// The settings, or the defaults where they cannot be read.
  private func readConfiguration() -> (configuration: Configuration, finding: Finding) {
    do throws(JobError) {
      let configuration = try Configuration.read(configurationPath, named: false)
      let unknown = try ConfigurationCheck.unknownKeys(inFile: configurationPath)
      guard unknown.isEmpty else {
        return (
          configuration,
          Finding(
            "configuration", .warning,
            unknown.map { ($0.line.map { "line \($0): " } ?? "") + $0.text }
              .joined(separator: ", "),
            advice: "'jobrunner config print --defaults' shows all keys")
        )
      }
      let isThere = (try? Stat(configurationPath)) != nil
      let text = isThere ? "\(configurationPath)" : "none, all defaults"
      return (configuration, Finding("configuration", .ok, text))
    } catch {
      return (
        Configuration(),
        Finding(
          "configuration", .failed, error.message, advice: "every job ends with 78 until then")
      )
    }
  }
}

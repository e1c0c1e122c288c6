internal import Shared
internal import SystemPackage

/// The workspace and what lies in it.
extension Doctor {
  func workspaceFinding() -> Finding {
    let root = workspace.root
    guard let status = try? Stat(root) else {
      return Finding(
        "workspace", .failed, "\(root) is not there", advice: "name another with --workspace")
    }
    guard status.type == .directory else {
      return Finding("workspace", .failed, "\(root) is no folder", advice: "see --workspace")
    }
    let isUsed = [workspace.state, workspace.agents, workspace.data, configurationPath]
      .contains { (try? Stat($0)) != nil }
    guard isUsed else {
      return Finding(
        "workspace", .warning, "nothing of agents or of jobrunner in \(root)",
        advice: "is this the folder? see --workspace and JOBRUNNER_WORKSPACE")
    }
    return Finding("workspace", .ok, "\(root)")
  }

  /// Whether every file and folder that a job reads or writes can be read and written.
  func filesFinding(_ configuration: Configuration) -> Finding {
    let folders = [workspace.state, workspace.agents, workspace.data]
    let files =
      [workspace.registry, workspace.exportErrorLog, workspace.runHistory] + ledgers(configuration)
    var parts: [Finding.Part] = []
    for folder in folders {
      let place = FileSystemLook.nearestPresent(folder)
      if !FileSystemLook.mayWrite(place) {
        parts.append(.init(.failed, "\(place) may not be written", advice: Self.modeAdvice))
      }
    }
    var count = 0
    for file in files {
      do throws(FileError) {
        guard try readTailOfFile(file, upTo: 1) != nil else { continue }
        count += 1
        if !FileSystemLook.mayWrite(file) {
          parts.append(.init(.failed, "\(file) may not be written", advice: Self.modeAdvice))
        }
      } catch {
        let kind = (try? Stat(file).irregularity).map { " is \($0), no file" }
        parts.append(
          .init(.failed, kind.map { "\(file)\($0)" } ?? "\(error)", advice: Self.modeAdvice))
      }
    }
    return Finding("files", parts, otherwise: "\(count) can be read and written")
  }

  private static let modeAdvice = "check owner and mode"

  func registryFinding() -> Finding {
    do throws(JobError) {
      guard let registry = try RegistryFile.read(workspace.registry) else {
        return Finding("registry", .ok, "none; no opencode agents here")
      }
      let now = world.clock.now()
      let running = registry.agents.count {
        registry.status(of: $0, now: now, processes: world.processes) == .running
      }
      return Finding("registry", .ok, "\(registry.agents.count) agents, \(running) running")
    } catch {
      return Finding("registry", .failed, error.message)
    }
  }

  // MARK: Ledgers

  /// The files of rows.
  private func ledgers(_ configuration: Configuration) -> [FilePath] {
    [
      workspace.snapshots, workspace.windows, workspace.anomalies, workspace.proxyTelemetry,
      workspace.costCompare, workspace.glmCounts, workspace.codexCcusage, workspace.claudeMonitor,
    ]
  }

  func ledgersFinding(_ configuration: Configuration) -> Finding {
    let ledgers = ledgers(configuration) + [workspace.runHistory]
    let present = ledgers.filter { (try? Stat($0)) != nil }
    return Finding(
      "ledgers", present.compactMap(Self.fault),
      otherwise: present.isEmpty ? "none yet" : "\(present.count), each row whole")
  }

  /// Of a larger file only the end is looked at.
  private static let longestLook = 8 << 20

  private static func fault(of ledger: FilePath) -> Finding.Part? {
    let name = ledger.lastComponent?.string ?? ledger.string
    let aside = ledger.appendingToName(".torn")
    guard let tail = (try? readTailOfFile(ledger, upTo: longestLook)) ?? nil else { return nil }
    switch LedgerLook(tail.bytes, isCut: tail.isCut) {
    case .torn:
      return .init(
        .warning, "\(name) ends in the middle of a row",
        advice: "nothing to do: readers pass it over, the next row begins a line of its own")
    case .damaged(let rows):
      return .init(
        .warning, "\(rows) of the lines of \(name) \(rows == 1 ? "is" : "are") no JSON",
        advice: "they are passed over; look what wrote them")
    case .whole where (try? Stat(aside)) != nil:
      return .init(
        .warning, "\(aside) holds what a killed run had begun to write",
        advice: "look at it and remove it")
    case .whole: return nil
    }
  }
}

/// What the lines of a ledger look like.
enum LedgerLook: Equatable {
  case whole
  /// The last line has no end and is no row.
  case torn
  /// So many lines are no JSON.
  case damaged(Int)

  /// - Parameter isCut: Whether the bytes begin somewhere in a line.
  init(_ bytes: [UInt8], isCut: Bool) {
    let feed = UInt8(ascii: "\n")
    var lines = RowLedger.lines(bytes)
    if isCut, !lines.isEmpty { lines.removeFirst() }
    let hasEnd = bytes.last == feed || bytes.isEmpty
    let isTorn = !hasEnd && lines.last.map { !Self.isJSON($0) } ?? false
    let damaged = lines.dropLast(hasEnd ? 0 : 1).count { !Self.isJSON($0) }
    self = isTorn ? .torn : damaged > 0 ? .damaged(damaged) : .whole
  }

  private static func isJSON(_ line: ArraySlice<UInt8>) -> Bool {
    // A blank line is none: what took a row away may leave one.
    if line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { return true }
    var scanner = JSONScanner(Array(line))
    scanner.toleratesInvalidUTF8 = true
    do throws(JSONError) {
      try scanner.skipValue()
      return try scanner.next() == .end
    } catch {
      return false
    }
  }
}

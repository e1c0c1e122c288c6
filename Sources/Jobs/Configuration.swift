internal import FoundationEssentials
internal import Shared
package import SystemPackage

/// The settings of `jobrunner.json5`; every one has a default.
package struct Configuration: Sendable, Equatable {
  package var opencode = Opencode()
  package var refresh = Refresh()
  package var usage = UsageRules()
  package var rotate = Rotate()
  package var codex = Client(path: "codex")
  package var claude = Client(path: "claude")
  package var windows = Windows()
  package var telemetry = Telemetry()
  package var ledgers = Ledgers()
  /// Prices beside, or in place of, those that are known to everybody.
  package var prices: [PriceBook.Entry] = []

  package init() {}

  /// A vendor's own program.
  package struct Client: Sendable, Equatable {
    /// A name to look up on PATH, or a path.
    package var path: String
  }

  /// The subscription windows that `window-reset` keeps.
  package struct Windows: Sendable, Equatable {
    /// The providers to look at; nil for those whose program is found.
    package var providers: [Provider]?
    /// How long after a reset a first reading of the new window is taken.
    package var settle = Duration.seconds(300)
    /// Names of windows in the order they are planned.
    package var sequence: [String] = []
  }

  /// The books that `churn` and `ledger-checkpoint` keep; paths are taken from the workspace.
  package struct Ledgers: Sendable, Equatable {
    /// The folder of the CSV ledgers.
    package var folder = "docs/Ledgers"
    /// The note for whoever takes over, of which one block is ours.
    package var handoff = "docs/SESSION_HANDOFF.md"
    /// Tokens for a window: about 70 % of a context of 272,000.
    package var budget = 200_000
    /// Which tokens of a request are counted where they are added up here.
    package var tokens = CountedTokens.all

    package enum CountedTokens: String, Sendable, Decodable {
      /// All that was sent, whatever a cache held of it, and all that came back.
      case all
      /// Without what a cache held.
      case fresh
    }
  }

  /// What `ingest-telemetry` reads, and how events are judged.
  package struct Telemetry: Sendable, Equatable {
    /// The proxy's log.
    package var file = "logs/usage.jsonl"
    package var rules = ProxyRules()
  }

  /// How opencode is called.
  package struct Opencode: Sendable, Equatable {
    /// A name to look up on PATH, or a path.
    package var path = "opencode"
    /// Flags put behind the session's id, `--pure` for one.
    package var exportArguments: [String] = []
  }

  /// The pace of `refresh-usage`.
  package struct Refresh: Sendable, Equatable {
    /// The least time between two exports of a running session.
    package var runningInterval = Duration.seconds(30)
    /// Exports at a time; nil is the number of cores, at most 4.
    package var concurrency: Int?
    /// Time for a whole run.
    package var deadline = Duration.seconds(50)
    /// Time for one export.
    package var timeout = Duration.seconds(15)
    /// The largest export that is read, in bytes.
    package var maximumExportBytes = 1 << 30
    /// How old the list of context windows may be.
    package var windowsMaximumAge = Duration.seconds(86_400)
    /// The least time between two tries to get that list.
    package var windowsInterval = Duration.seconds(3_600)
    /// After how long without a refresh `status` says so while something runs.
    package var staleAfter = Duration.seconds(180)
  }

  /// What the numbers of a session mean.
  package struct UsageRules: Sendable, Equatable {
    /// Which tokens make the dialog's size.
    package enum DialogTokens: String, Sendable, Decodable {
      /// The whole prompt that was sent.
      case prompt
      /// Only its uncached part, the plan's word.
      case input
    }

    package var dialogTokens = DialogTokens.prompt
    /// Context windows in tokens by `provider/model`; these win over opencode's own list.
    package var contextWindows: [String: Int] = [:]
  }

  /// What `rotate-log` keeps short.
  package struct Rotate: Sendable, Equatable {
    /// A log is cut when it is larger than this many bytes.
    package var maximumBytes = 1_048_576
    package var keepLines = 200
    /// More files than the export error log.
    package var files: [File] = []

    /// A log with limits of its own.
    package struct File: Sendable, Equatable {
      package var path: String
      package var maximumBytes: Int
      package var keepLines: Int
    }
  }
}

// MARK: - Reading

extension Configuration {
  /// Reads the file; a missing one is all defaults unless it was asked for by name.
  ///
  /// - Throws: 78 with the line, the setting and what it takes; 66 when a named file is not there.
  package static func read(_ path: FilePath, named: Bool) throws(JobError) -> Configuration {
    let bytes: [UInt8]
    do {
      guard let content = try readWholeFile(path) else {
        guard named else { return Configuration() }
        throw JobError(.noInput, "\(path): no such configuration file")
      }
      bytes = content.bytes
    } catch let error as JobError {
      throw error
    } catch {
      throw (error as? FileError).map { JobError($0) } ?? JobError(.ioError, "\(path): \(error)")
    }
    // The decoder itself ends the process when it tells of a fault near bytes that are no text.
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JobError(.configuration, "\(path): not valid JSON5: it is not UTF-8")
    }
    do {
      let decoder = JSONDecoder()
      decoder.allowsJSON5 = true
      return try decoder.decode(ConfigurationFile.self, from: Data(bytes)).configuration()
    } catch {
      let fault = ConfigurationFault(bytes, in: path)
      if let error = error as? DecodingError { throw fault.error(error) }
      throw (error as? JobError).map(fault.error) ?? fault.syntax
    }
  }
}

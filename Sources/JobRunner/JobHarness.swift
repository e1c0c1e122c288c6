internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What every command does around its job: find the workspace, read the settings, print, exit.
struct JobHarness: Sendable {
  let live: LiveWorld
  var options: Options

  /// How results and errors are shown, as plain values that may cross threads.
  struct Options: Equatable, Sendable {
    var workspace: String?
    var config: String?
    var dataDir: String?
    var stateDir: String?
    var json = false
    var verbose = false
    var quiet = false

    init() {}

    init(_ global: GlobalOptions) {
      workspace = global.workspace
      config = global.config
      dataDir = global.dataDir
      stateDir = global.stateDir
      json = global.json
      verbose = global.verbose
      quiet = global.quiet
    }
  }

  init(_ options: Options) {
    live = LiveWorld()
    self.options = options
  }

  var world: World { live.world }

  var workspace: Workspace {
    Workspace(
      flag: options.workspace, dataFlag: options.dataDir, stateFlag: options.stateDir,
      environment: world.environment, currentFolder: live.currentFolder)
  }

  /// - Throws: 78 with the setting at fault, 66 when a configuration named by flag is not there.
  func configuration() throws(JobError) -> Configuration {
    let path = options.config.map { live.currentFolder.pushing(FilePath($0)) }
    return try Configuration.read(
      path ?? workspace.path("jobrunner.json5"), named: path != nil)
  }

  /// Runs a command's body to its end, an error included.
  func end(_ job: String, _ body: () throws(JobError) -> ExitStatus) -> ExitStatus {
    do throws(JobError) {
      return try body()
    } catch {
      return finish(error, job: job)
    }
  }

  // MARK: Ending

  /// Prints what a job did, as far as it is asked for, and ends.
  ///
  /// In a healthy run nothing is printed off a terminal: cron mails what is.
  func finish(_ report: JobReport) -> ExitStatus {
    if options.json {
      live.out.write(report.json + "\n")
    } else {
      if !options.quiet {
        for line in report.answer { live.out.write(line.escapingControls + "\n") }
      }
      if !options.quiet, options.verbose || report.showsDetails {
        for detail in report.details { live.out.write(detail + "\n") }
      }
      // A command that answers has said all there is to say.
      let isWatched =
        options.verbose || world.terminal.errIsTerminal && report.answer.isEmpty
      if !options.quiet, let line = isWatched ? report.summary : report.warning {
        live.err.write("\(report.job): \(line)\n")
      }
    }
    return outputStatus(.success)
  }

  /// Prints an error as one line, or as a JSON object where that was asked for, and ends.
  func finish(_ error: JobError, job: String) -> ExitStatus {
    if options.json {
      live.out.write(error.json + "\n")
    } else {
      live.err.write("jobrunner \(job): \(error.message.escapingControls)\n")
    }
    return outputStatus(error.status)
  }

  /// The status, unless the output itself could not be written.
  ///
  /// A reader that stopped reading has what it wanted.
  func outputStatus(_ status: ExitStatus) -> ExitStatus {
    guard let failure = live.out.failure, failure != .brokenPipe, status == .success
    else { return status }
    live.err.write("jobrunner: standard output: \(failure)\n")
    return JobError(
      FileError(operation: "write", path: "standard output", errno: failure)
    ).status
  }
}

extension JobReport {
  /// Details that are the result itself, not an account of it.
  var showsDetails: Bool { counts.first?.name == "due" }
}

/// Ends the process, from where the parser's own `exit` is meant by that word.
func endProcess(_ status: Int32) -> Never {
  exit(status)
}

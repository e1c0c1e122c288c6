internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

struct ConfigCommand: ParsableCommand {
  enum Action: String, ExpressibleByArgument {
    case print
    case check
  }

  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Print the settings with what they mean, or look for what is wrong with them.",
    discussion: """
      print writes a whole jobrunner.json5: the settings of the workspace, or with --defaults \
      those that apply without one. check ends with 78 for a file that cannot be used, and with 1 \
      for one with unknown keys, which do nothing.

      Examples:
        jobrunner config print --defaults >jobrunner.json5
        jobrunner config check
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("print or check.", valueName: "action"))
  var action: Action

  @Flag(help: "print: the defaults, whatever the workspace says.")
  var defaults = false

  func validate() throws {
    if action == .check, defaults { throw ValidationError("check takes no --defaults") }
    if action == .print, global.json { throw ValidationError("print writes JSON5, not JSON") }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end("config") { () throws(JobError) in
      switch action {
      case .print:
        let settings = defaults ? Configuration() : try harness.configuration()
        for line in settings.json5Lines { harness.live.out.write(line + "\n") }
        return harness.outputStatus(.success)
      case .check: return try check(harness)
      }
    }
    endProcess(status.rawValue)
  }

  private func check(_ harness: JobHarness) throws(JobError) -> ExitStatus {
    let path = harness.configurationPath
    _ = try harness.configuration()
    let unknown = try ConfigurationCheck.unknownKeys(inFile: path)
    if global.json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("ok", true)
        writer.member("file", path.string)
        writer.key("unknown_keys")
        writer.array { writer in
          for key in unknown {
            writer.object { writer in
              writer.member("key", key.path)
              writer.member("nearest", key.nearest)
              writer.member("line", key.line)
            }
          }
        }
      }
      harness.live.out.write(String(decoding: writer.bytes, as: UTF8.self) + "\n")
    } else if !global.quiet {
      for key in unknown {
        let line = key.line.map { "\($0):" } ?? ""
        harness.live.out.write("\(path):\(line) \(key.text)\n")
      }
      if unknown.isEmpty { harness.live.out.write(Self.praise(path)) }
    }
    return harness.outputStatus(unknown.isEmpty ? .success : .negative)
  }

  private static func praise(_ path: FilePath) -> String {
    (try? Stat(path)) == nil ? "\(path): none, all defaults\n" : "\(path): no fault\n"
  }
}

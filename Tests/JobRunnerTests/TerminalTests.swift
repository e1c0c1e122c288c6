import SystemPackage
import TestSupport
import Testing

/// What a person sees: a terminal that `tmux` holds is typed into and read.
@Suite(.fewAtOnce) struct TerminalTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace([])
    try makeFolder(workspace.root.appending(".opencode-subagent"))
    let usage = #"{"messageCount":3,"dialogTokens":200,"contextFullPct":0.25,"contextTokens":210}"#
    try writeFile(
      workspace.root.appending(".opencode-subagent/registry.json"),
      #"{"agents":{"lamp/oil":{"name":"lamp/oil","status":"done","usage":\#(usage)}}}"#)
  }

  /// Words for the scripts below; each waits for what it wants to see, however slow the machine.
  private static let words = """
    set -u
    t() { tmux -u -f /dev/null -S "$PWD/sock" "$@"; }
    trap 't kill-server' EXIT
    keys() { t send-keys -t 0 "$@"; }
    pane() { t capture-pane -p -t 0 | sed 's/ *$//; /^$/d'; }
    until_is() {
      tries=0
      until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "never: $*"; pane; exit 1; }
        sleep 0.1
      done
    }
    shows() { pane | grep -qF -- "$1"; }
    is_fresh() { [ "$(pane)" = '$' ]; }
    hides() { ! shows "$1"; }
    cursor() { [ "$(t display -p -t 0 '#{cursor_flag}#{wrap_flag}')" = "$1" ]; }

    """

  private func type(_ script: String, into shell: String) async throws -> Outcome {
    let start = "t new-session -d -x 80 -y 24 \"env -u ENV PS1='$ ' TERM=screen \(shell)\"\n"
    return try await SpawnedProcess(
      FilePath("/bin/sh"), ["-c", Self.words + start + "until_is shows '$'\n" + script],
      environment: workspace.environment, workingDirectory: workspace.root
    ).wait(atMost: .seconds(300))
  }

  @Test(
    "A watched table is drawn in place, and Ctrl-Z and Ctrl-C give the terminal back as it was",
    .enabled(if: requireTool("tmux") && requireTool("bash")))
  func watch() async throws {
    let run = try await type(
      """
      jobrunner status --diagram >expected
      is_expected() { [ "$(pane)" = "$(cat expected)" ]; }
      keys 'jobrunner status --watch 1' Enter
      until_is cursor 00
      until_is is_expected
      keys C-z
      until_is cursor 11
      until_is shows Stopped
      keys fg Enter
      until_is cursor 00
      until_is is_expected
      keys C-c
      until_is cursor 11
      keys clear Enter
      until_is is_fresh
      """, into: "bash --norc")
    #expect(run.exit == 0, "\(run)")
  }

  @Test(
    "A long read shows how far it is, and leaves nothing of that behind",
    .enabled(if: requireTool("tmux") && requireTool("bash")))
  func progress() async throws {
    try writeFile(workspace.root.appending("log"), ProxySample.lanterns)
    let run = try await type(
      """
      echo 'while [ ! -e go ]; do cat log; sleep 0.2; done' >slowly
      keys 'sh slowly | jobrunner ingest proxy-telemetry --window W0-CHN --stdin' Enter
      until_is shows ' MB'
      cp log go
      until_is shows 'stored proxy telemetry for W0-CHN'
      until_is hides ' MB'
      """, into: "bash --norc")
    #expect(run.exit == 0, "\(run)")
  }

  @Test("Each shell completes commands, values, files and folders", arguments: ["bash", "zsh"])
  func completions(shell: String) async throws {
    guard requireTool("tmux"), requireTool(shell) else { return }
    let load =
      shell == "bash"
      ? "source ./completions"
      : "fpath=(functions \\$fpath); autoload -U compinit; compinit -u -D"
    let run = try await type(
      """
      mkdir functions elsewhere
      jobrunner --generate-completion-script \(shell) >completions
      cp completions functions/_jobrunner
      keys "\(load); clear" Enter
      until_is is_fresh
      completes() { # WHAT TO
        keys -l "$1"
        keys Tab
        until_is shows "$2"
        keys C-e C-u
        keys clear Enter
        until_is is_fresh
      }
      completes 'jobrunner sche' 'jobrunner schedule'
      completes 'jobrunner schedule inst' 'jobrunner schedule install'
      completes 'jobrunner schedule install rot' 'install rotate-log'
      completes 'jobrunner status --diag' 'status --diagram'
      completes 'jobrunner status --workspace else' '--workspace elsewhere/'
      completes 'jobrunner history al' 'history alias'
      """, into: shell == "bash" ? "bash --norc" : "zsh -f")
    #expect(run.exit == 0, "\(run)")
  }
}

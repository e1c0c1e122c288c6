# shellcheck shell=sh
# Short names for `jobrunner alias`, to be sourced: . scripts/automation/aliases.sh
#
#   os oe ox   codex: start, end, cross      od  delete
#   as ae ax   claude: the same              ad  delete
#   zs ze zx   glm: the same                 zd  delete
#
# A pane is piped in, or the live reading is taken: `codex /status | oe`, `oe`, `oe --window W0-CHN`.
# `as` hides the assembler in the shell that sources this; `command as` still finds it.

_jobrunner_alias() {
  for _jobrunner_flag; do
    case $_jobrunner_flag in
    --stdin | --file | --file=* | --from | --from=*)
      "${JOBRUNNER:-jobrunner}" alias "$@"
      return
      ;;
    esac
  done
  # A terminal has no pane to give: nothing on standard input asks for the live reading.
  if [ -t 0 ]; then
    "${JOBRUNNER:-jobrunner}" alias "$@" --stdin </dev/null
  else
    "${JOBRUNNER:-jobrunner}" alias "$@" --stdin
  fi
}

os() { _jobrunner_alias start codex "$@"; }
oe() { _jobrunner_alias end codex "$@"; }
ox() { _jobrunner_alias cross codex "$@"; }
as() { _jobrunner_alias start claude "$@"; }
ae() { _jobrunner_alias end claude "$@"; }
ax() { _jobrunner_alias cross claude "$@"; }
zs() { _jobrunner_alias start glm "$@"; }
ze() { _jobrunner_alias end glm "$@"; }
zx() { _jobrunner_alias cross glm "$@"; }
od() { "${JOBRUNNER:-jobrunner}" alias delete codex "$@"; }
ad() { "${JOBRUNNER:-jobrunner}" alias delete claude "$@"; }
zd() { "${JOBRUNNER:-jobrunner}" alias delete glm "$@"; }

#!/bin/sh
# Puts everything that is installed below a folder:
#
#   stage.sh BINARY DESTDIR PREFIX
#
# The binary, manual pages, completions for bash, zsh and fish, and units, crontab and manifests as
# examples that name the installed binary. Nothing else is touched. Environment:
#   MAN_DATE   the date of the manual pages (default: that of the last commit)
#   ZSH_DIR    the folder of zsh's completions below PREFIX (default: share/zsh/site-functions)
set -eu
umask 022

binary=${1:?usage: stage.sh BINARY DESTDIR PREFIX}
destination=$2
prefix=$3
# Not every shell puts the home folder in behind '='.
# shellcheck disable=SC2088
case $prefix in
'~/'*) prefix=$HOME/${prefix#'~/'} ;;
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$destination$prefix
documents=$root/share/doc/jobrunner

install -d "$root/bin" "$documents/examples"
install -m 755 "$binary" "$root/bin/jobrunner"
# No setting of the one who builds comes into what is installed.
program=$root/bin/jobrunner
run() { env -i PATH=/usr/bin:/bin "$program" "$@"; }

if command -v python3 >/dev/null; then
  date=${MAN_DATE:-$(git -C "$here" log -1 --format=%cs 2>/dev/null || true)}
  python3 "$here/scripts/package/man_pages.py" "$program" "$root/share/man/man1" ${date:+"$date"}
  chmod 644 "$root"/share/man/man1/jobrunner*.1
else
  echo "skipped the manual pages: python3 is not installed" >&2
fi

completion() { # SHELL FILE
  install -d "$(dirname "$root/$2")"
  # It is read by a shell, not run: without the line that names one.
  run --generate-completion-script "$1" | sed '1{/^#!/d;}' >"$root/$2"
  chmod 644 "$root/$2"
}
completion bash share/bash-completion/completions/jobrunner
completion zsh "${ZSH_DIR:-share/zsh/site-functions}/_jobrunner"
completion fish share/fish/vendor_completions.d/jobrunner.fish

example() { # FOLDER ARGUMENTS…
  folder=$documents/examples/$1
  shift
  install -d "$folder"
  run schedule print --workspace /srv/app --binary "$prefix/bin/jobrunner" --output "$folder" "$@"
}
example . --cron
example systemd/user --systemd
example systemd/system --systemd --system
example launchd --launchd
example kubernetes --kubernetes
run config print --defaults >"$documents/examples/jobrunner.json5"
find "$documents/examples" -type f -exec chmod 644 {} +
find "$documents/examples" -type d -exec chmod 755 {} +
for page in README.md CHANGELOG.md LICENSE docs/migrating.md; do
  [ ! -f "$here/$page" ] || install -m 644 "$here/$page" "$documents/"
done

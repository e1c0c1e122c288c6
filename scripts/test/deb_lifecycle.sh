#!/bin/sh
# Installs, upgrades and purges the Debian package in a folder of its own, beside a workspace:
#
#   deb_lifecycle.sh BINARY
#
# The package must be the same when it is made twice, lintian must find nothing beyond the listed
# overrides, the manual and the completions must be readable, and no ledger may change.
set -eu
binary=${1:?usage: deb_lifecycle.sh BINARY}
here=$(cd "$(dirname "$0")/../.." && pwd)
for tool in dpkg-deb dpkg python3; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "skipped: dpkg installs as root only"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "deb_lifecycle: $*" >&2; exit 1; }

first=$("$here/scripts/package/deb.sh" "$binary" "$work/a")
again=$("$here/scripts/package/deb.sh" "$binary" "$work/b")
cmp -s "$first" "$again" || fail "two packages of one binary differ"
version=$(dpkg-deb -f "$first" Version)
newer=$(DEB_VERSION="$version+next1" "$here/scripts/package/deb.sh" "$binary" "$work/c")

root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/tmp" "$root/srv/app"
: >"$root/var/lib/dpkg/status"
install() { dpkg --root="$root" --log="$work/dpkg.log" --no-debsig "$@" >"$work/out" 2>&1 ||
  { cat "$work/out" >&2; fail "dpkg $*"; }; }
program=$root/usr/bin/jobrunner
run() { env -i PATH=/usr/bin:/bin HOME="$work" "$program" --workspace "$root/srv/app" "$@"; }
ledgers() { (cd "$root/srv/app" && find . -type f -exec sha256sum {} + | sort); }

install --install "$first"
run --version >/dev/null
mkdir -p "$root/srv/app/.jobrunner"
printf '{"window":"W0-A","note":"a row of somebody"}\n' >"$work/rows"
mkdir -p "$root/srv/app/data/week0/live"
cp "$work/rows" "$root/srv/app/data/week0/live/snapshots.jsonl"
run rotate-log --quiet
before=$(ledgers)
[ -n "$before" ] || fail "the workspace is empty"

for page in "$root"/usr/share/man/man1/jobrunner*.1.gz; do
  # Warnings of the formatter are faults of the page.
  if command -v man >/dev/null; then
    said=$(MANROFFSEQ='' man --warnings -l -Tutf8 "$page" 2>&1 >/dev/null) || fail "man $page"
    [ -z "$said" ] || fail "$(basename "$page"): $said"
  fi
done
[ "$(find "$root/usr/share/man" -name 'jobrunner*.1.gz' | wc -l)" -gt 15 ] || fail "no manual"
for shell in bash zsh fish; do
  command -v "$shell" >/dev/null || continue
  file=$(find "$root/usr/share" -path "*$shell*" -name '*jobrunner*' -type f)
  "$shell" -n "$file" || fail "completions of $shell"
done

install --install "$newer"
[ "$(ledgers)" = "$before" ] || fail "the upgrade touched the workspace"
run rotate-log --dry-run >/dev/null
install --purge jobrunner
left=$(find "$root/usr" "$root/etc" ! -type d 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
[ "$(ledgers)" = "$before" ] || fail "purging touched the workspace"

if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning "$first" || fail "lintian"
else
  echo "skipped: lintian is not installed"
fi
echo "installed, upgraded and purged $(basename "$first")"

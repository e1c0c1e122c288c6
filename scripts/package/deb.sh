#!/bin/sh
# Makes a Debian package of a static binary:
#
#   deb.sh BINARY [FOLDER]
#
# jobrunner_VERSION_ARCHITECTURE.deb in FOLDER (default: .build/deb). The same binary and commit
# make the same package, byte for byte. Environment:
#   DEB_VERSION         (default: the binary's own)
#   DEB_MAINTAINER      name and address
#   SOURCE_DATE_EPOCH   the time of all files (default: that of the last commit)
set -eu
umask 022

binary=${1:?usage: deb.sh BINARY [FOLDER]}
here=$(cd "$(dirname "$0")/../.." && pwd)
output=${2:-$here/.build/deb}
version=${DEB_VERSION:-$(env -i "$binary" --version | awk '{print $2}')}
maintainer=${DEB_MAINTAINER:-jobrunner maintainers <maintainers@users.noreply.github.com>}
architecture=$(dpkg --print-architecture)
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 1793491200)}
export SOURCE_DATE_EPOCH="$epoch"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
MAN_DATE=$(date -u -d "@$epoch" +%F) ZSH_DIR=share/zsh/vendor-completions \
  sh "$here/scripts/package/stage.sh" "$binary" "$stage" /usr

documents=$stage/usr/share/doc/jobrunner
gzip -9n "$stage"/usr/share/man/man1/*.1
# Debian's own form; what has changed is told in CHANGELOG.md beside it.
{
  printf 'jobrunner (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n' "$version"
  printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$epoch")"
} | gzip -9n >"$documents/changelog.gz"
{
  echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
  echo 'Upstream-Name: jobrunner'
  echo
  echo 'Files: *'
  echo "Copyright: $(date -u -d "@$epoch" +%Y) the jobrunner authors"
  echo 'License: Apache-2.0'
  echo ' On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.'
} >"$documents/copyright"
rm -f "$documents/LICENSE"

install -d "$stage/usr/share/lintian/overrides"
install -m 644 "$here/scripts/package/lintian-overrides" \
  "$stage/usr/share/lintian/overrides/jobrunner"

install -d "$stage/DEBIAN"
size=$(cd "$stage" && find usr -type f -print0 | xargs -0 du -k --apparent-size | awk '{s += $1} END {print s}')
cat >"$stage/DEBIAN/control" <<END
Package: jobrunner
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $size
Section: utils
Priority: optional
Recommends: cron | systemd
Suggests: curl, prometheus-node-exporter
Description: keep the books on AI coding agents
 One-shot jobs for cron and systemd timers: usage and context fullness of
 opencode sessions, what a subscription window of Codex or Claude cost, what
 a proxy routed.
 .
 Nothing stays resident, and nothing is scheduled by the installation itself:
 'jobrunner schedule install' does that for a workspace. Ledgers lie in
 workspaces; installing, upgrading and purging never touch them.
END
(cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) \
  >"$stage/DEBIAN/md5sums"
chmod 644 "$stage"/DEBIAN/*
find "$stage" -exec touch -h -d "@$epoch" {} +
mkdir -p "$output"
file=$output/jobrunner_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$stage" "$file" >/dev/null
echo "$file"

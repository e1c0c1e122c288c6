#!/bin/sh
# Installs the real Codex client into CACHE_DIR, whose name ends in `codex-VERSION`, for the tests
# that talk to it. Silent when it is there; where it cannot be had it says why and all goes on.
set -eu

cache=${1:?usage: install_codex.sh CACHE_DIR}
version=${cache##*codex-}
client=codex_cli_bin/bin/codex
[ ! -x "$cache/$client" ] || exit 0

skip() {
  echo "skipped: not installable: $1"
  exit 0
}

command -v python3 >/dev/null || skip 'no python3'
python3 -m pip --version >/dev/null 2>&1 || skip 'python3 has no pip'
mkdir -p "${cache%/*}" 2>/dev/null || skip "no folder ${cache%/*}"

# Made beside and moved: a half install is never taken for a whole one.
part=$cache.part.$$
trap 'rm -rf "$part"' EXIT
trap 'exit 1' HUP INT TERM
if ! errors=$(python3 -m pip install --quiet --no-input --no-deps --no-warn-script-location \
  --disable-pip-version-check --root-user-action=ignore --retries 1 --timeout 15 \
  --target "$part" "openai-codex-cli-bin==$version" 2>&1); then
  skip "$(printf '%s\n' "$errors" | grep -v '^WARNING' | tail -n 1)"
fi
"$part/$client" --version >/dev/null 2>&1 || skip 'it does not run on this machine'
rm -rf "$cache"
mv "$part" "$cache"

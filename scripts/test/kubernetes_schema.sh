#!/bin/sh
# Validates manifests against the published schema of Kubernetes, offline but for installing the
# validator into CACHE_DIR once:
#
#   kubernetes_schema.sh CACHE_DIR FILE...
#
# Where the validator cannot be had it says why and ends well.
set -eu

cache=${1:?usage: kubernetes_schema.sh CACHE_DIR FILE...}
shift

skip() {
  echo "skipped: not installable: $1"
  exit 0
}

command -v python3 >/dev/null || skip 'no python3'
if [ ! -d "$cache" ]; then
  python3 -m pip --version >/dev/null 2>&1 || skip 'python3 has no pip'
  mkdir -p "${cache%/*}" 2>/dev/null || skip "no folder ${cache%/*}"
  # Made beside and moved: a half install is never taken for a whole one.
  part=$cache.part.$$
  trap 'rm -rf "$part"' EXIT
  trap 'exit 1' HUP INT TERM
  if ! errors=$(python3 -m pip install --quiet --no-input --no-warn-script-location \
    --disable-pip-version-check --root-user-action=ignore --retries 1 --timeout 15 \
    --target "$part" 'kubernetes-validate==1.31.0' 2>&1); then
    skip "$(printf '%s\n' "$errors" | grep -v '^WARNING' | tail -n 1)"
  fi
  mv "$part" "$cache"
fi
PYTHONPATH=$cache exec python3 - "$@" <<'END'
import sys
import kubernetes_validate, yaml

for path in sys.argv[1:]:
    for document in yaml.safe_load_all(open(path)):
        kubernetes_validate.validate(document, "1.31", strict=True)
    print(f"valid: {path}")
END

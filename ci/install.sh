#!/usr/bin/env bash
# install.sh VENV: an environment with the pinned libraries, made once and used again as long as the pins are the same.
set -euo pipefail
venv="$1"
suite="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
pins="$(sha256sum "$suite/requirements.lock" | cut -d ' ' -f 1)"
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.pins" 2>/dev/null)" = "$pins" ]; then
    exit 0
fi
"${SUBGRADER_PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$suite/requirements.lock"
echo "$pins" >"$venv/.pins"

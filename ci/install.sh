#!/usr/bin/env bash
# install.sh VENV [WHEELS]: a new environment with the pinned libraries. Downloads are kept in WHEELS for the next time.
# It is begun in the folder that is graded, so Python never looks for modules there (-I), nothing that lies in VENV already
# is used, and what lies in WHEELS is held against the pinned hashes, whoever put it there.
set -euo pipefail
unset CDPATH
suite="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
"${SUBGRADER_PYTHON:-python3}" -I -m venv --clear "$1"
pip=("$1/bin/python" -I -m pip --quiet --disable-pip-version-check)
pinned=(--require-hashes --only-binary :all: -r "$suite/requirements.lock")
if [ $# = 1 ]; then
    "${pip[@]}" install "${pinned[@]}"
else
    "${pip[@]}" download --dest "$2" "${pinned[@]}"
    "${pip[@]}" install --no-index --find-links "$2" "${pinned[@]}"
fi

#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: a Python that is new enough, and the pinned libraries.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
export DEBIAN_FRONTEND=noninteractive

new_enough() {
    command -v "$1" >/dev/null && "$1" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

choose_python() {
    for python in python3.13 python3.12 python3.11 python3; do
        if new_enough "$python"; then
            echo "$python"
            return
        fi
    done
    return 1
}

if ! python="$(choose_python)"; then
    apt-get update -qq
    # The image's release has one of these, the newest first.
    for version in 3.13 3.12 3.11; do
        if apt-get install -y -qq "python$version" "python$version-venv" >/dev/null 2>&1; then
            break
        fi
    done
    if ! python="$(choose_python)"; then
        echo "setup.sh: there is no Python 3.11 or newer for this image; choose a newer base image in Gradescope" >&2
        exit 1
    fi
fi

"$python" -I -m venv --clear "$root/venv"
"$root/venv/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes \
    -r "$root/source/requirements.lock"
# For an edition whose arrays are PyTorch's.
if [ -e "$root/source/requirements-torch.txt" ]; then
    "$root/venv/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-cache-dir \
        -r "$root/source/requirements-torch.txt"
fi
# The labels of the pictures that are graded with are for the grader only.
chmod -R go-rwx "$root"/venv/lib/python3*/site-packages/sklearn

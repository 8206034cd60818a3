#!/usr/bin/env bash
# grade.sh VENV OUT: grade $SUBGRADER_PATH and tell the platform: on GitHub in the job's summary, in annotations, as
# outputs, and to GitHub Classroom; elsewhere by the reports in OUT, JUnit's among them.
set -uo pipefail
venv="$1"
out="$2"
suite="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
arguments=("${SUBGRADER_PATH:-.}" --out "$out" --format "json,md,html,csv,junit,github")
if [ -n "${SUBGRADER_RUBRIC:-}" ]; then
    arguments+=(--rubric "$SUBGRADER_RUBRIC")
fi
if [ -n "${SUBGRADER_FAIL_UNDER:-}" ]; then
    arguments+=(--fail-under "$SUBGRADER_FAIL_UNDER")
fi

# What a student wrote may be printed on the way; on GitHub, no line of it is to be taken for a command.
token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
if [ -n "${GITHUB_ACTIONS:-}" ]; then
    echo "::stop-commands::$token"
fi
"$venv/bin/python" "$suite/grader.py" "${arguments[@]}"
status=$?
if [ -n "${GITHUB_ACTIONS:-}" ]; then
    echo "::$token::"
fi

shopt -s nullglob
pages=("$out"/*/report.md)
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$out/github-summary.md" ]; then
    cat "$out/github-summary.md" >>"$GITHUB_STEP_SUMMARY"
    # One hand-in is its student's own job: everything is said there.
    if [ "${#pages[@]}" = 1 ]; then
        { echo; cat "${pages[0]}"; } >>"$GITHUB_STEP_SUMMARY"
    fi
fi
if [ -n "${GITHUB_ACTIONS:-}" ] && [ -f "$out/github-annotations.txt" ]; then
    cat "$out/github-annotations.txt" "$out/github-classroom.txt"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "reports=$out" >>"$GITHUB_OUTPUT"
    if [ -f "$out/github-outputs.txt" ]; then
        cat "$out/github-outputs.txt" >>"$GITHUB_OUTPUT"
    fi
fi
exit "$status"

#!/usr/bin/env bash
# grade.sh VENV OUT [COPY]: grade $SUBGRADER_PATH and tell the platform: on GitHub in the job's summary, in annotations, as
# outputs, and to GitHub Classroom; elsewhere by the reports in OUT, JUnit's among them. Keep VENV and OUT out of what is
# graded; where the platform collects files only from there, COPY of OUT is made in the end, in place of whatever it was.
set -uo pipefail
unset CDPATH
venv="$1"
out="$2"
suite="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
arguments=(--out "$out" --format "json,md,html,csv,junit,github")
if [ -n "${SUBGRADER_RUBRIC:-}" ]; then
    # Its place is in the suite: one from the graded folder may be a student's.
    case "$SUBGRADER_RUBRIC" in
        /*) arguments+=(--rubric "$SUBGRADER_RUBRIC") ;;
        *) arguments+=(--rubric "$suite/$SUBGRADER_RUBRIC") ;;
    esac
fi
if [ -n "${SUBGRADER_FAIL_UNDER:-}" ]; then
    arguments+=(--fail-under "$SUBGRADER_FAIL_UNDER")
fi

# What a student wrote may be printed on the way; on GitHub, no line of it is to be taken for a command.
token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
if [ -n "${GITHUB_ACTIONS:-}" ]; then
    echo "::stop-commands::$token"
fi
# This is the graded folder: with -I, Python looks for modules in the libraries and then in the suite, and nowhere else.
program="import sys; sys.path.append(sys.argv.pop(1)); from grader import program; program()"
"$venv/bin/python" -I -c "$program" "$suite" "${arguments[@]}" -- "${SUBGRADER_PATH:-.}"
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
if [ -n "${3:-}" ] && [ -d "$out" ]; then
    rm -rf "$3" && cp -R "$out" "$3"
fi
exit "$status"

"""`grader.py pack gradescope OUT.zip`: pack the suite for a platform that runs it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, WRONG_USE, add_rubric


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} pack",
        description="Pack the suite and a rubric: as an autograder, to be uploaded to Gradescope in the assignment's "
        '"Configure Autograder", or for students, to check themselves with: without what is hidden.',
    )
    result.add_argument("platform", choices=["gradescope", "student"], help="whom it is for")
    result.add_argument("out", type=Path, metavar="OUT.zip", help="the file to write")
    add_rubric(result, "points and settings (default: the shipped ones)")
    return result


def run(options: argparse.Namespace) -> int:
    """Write the zip and return the exit code."""
    from grading.entrances.pack import pack_gradescope, pack_student
    from grading.rubric.editions import path_of

    if options.rubric and options.edition:
        print(f"{PROGRAM}: write the edition into the rubric that is packed, edition = ...", file=sys.stderr)
        return WRONG_USE
    rubric = path_of(options.edition) if options.edition else options.rubric
    try:
        pack = pack_gradescope if options.platform == "gradescope" else pack_student
        files = pack(options.out, rubric)
    except OSError as error:
        print(f"{PROGRAM}: cannot write {options.out}: {error.strerror or error}", file=sys.stderr)
        return WRONG_USE
    what_now = {
        "gradescope": "upload it to Gradescope under Configure Autograder",
        "student": "give it to your students; its README.md says what to do",
    }
    print(f"{options.out}: {files} files; {what_now[options.platform]}")
    return GRADED

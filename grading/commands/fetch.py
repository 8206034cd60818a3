"""`grader.py fetch cifar10 DIR`: download CIFAR-10, checked, resumable, never half-written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, NOT_GRADED


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} fetch",
        description="Download the published CIFAR-10 archive (170 MB), check it and unpack it. After an interruption "
        "the same command goes on where it was. Exit codes: 0 it is there, 3 it could not be had.",
    )
    result.add_argument("name", choices=("cifar10",), help="the data set")
    result.add_argument("folder", type=Path, metavar="DIR", help="where to put it")
    result.add_argument(
        "--url", metavar="URL", help="where to get the archive from (default: its author's page)"
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Download, say where the data set is, and return the exit code."""
    from grading.commands.progress import progress
    from reference.download import CIFAR10_MD5, CIFAR10_URL, download
    from reference.split import DatasetError

    try:
        with progress("CIFAR-10", None, of_bytes=True) as update:
            batches = download(
                options.folder,
                url=options.url or CIFAR10_URL,
                md5=CIFAR10_MD5,
                progress=lambda done, total: update(completed=done, total=total),
            )
    except DatasetError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return NOT_GRADED
    except KeyboardInterrupt:
        print(
            f"\n{PROGRAM}: stopped; what was received is kept in {options.folder}: run the same command again",
            file=sys.stderr,
        )
        return NOT_GRADED
    print(f"CIFAR-10 is in {batches}; use it with --data {options.folder}")
    return GRADED

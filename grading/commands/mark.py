"""`grader.py mark OUT`: mark written answers and manual items, on a page or in a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, NOT_GRADED, WRONG_USE
from grading.commands.arguments import LANGUAGES, a_port


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} mark",
        description="Mark written answers, and the rubric's manual items, on a page in your browser: it is served to "
        "this machine only, and its address holds a secret. Each mark is in the gradebook at once, and in all reports "
        "and exports a moment later. Ctrl-C ends it.",
    )
    result.add_argument("out", type=Path, metavar="OUT", help="the folder that was --out when grading")
    result.add_argument(
        "--as", dest="who", metavar="NAME", help="whose marks they are (default: your login name)"
    )
    result.add_argument("--anonymous", action="store_true", help="never tell the page the students' names")
    result.add_argument(
        "--port", type=a_port, default=0, metavar="N", help="where the page is (default: a port that is free)"
    )
    result.add_argument(
        "--lang", choices=LANGUAGES, help="language of the page (default: that of the reports)"
    )
    table = result.add_mutually_exclusive_group()
    table.add_argument(
        "--export", type=Path, metavar="CSV", help="write all answers and marks into a table, and stop"
    )
    table.add_argument(
        "--import",
        dest="import_",
        type=Path,
        metavar="CSV",
        help="take the marks in such a table, all or none, and stop",
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Serve the page, or read or write a table, and return the exit code."""
    try:
        return _run(options)
    except OSError as error:
        where = options.export or error.filename or options.out
        print(f"{PROGRAM}: cannot write {where}: {error.strerror}", file=sys.stderr)
        return NOT_GRADED


def _run(options: argparse.Namespace) -> int:
    from grading.gradebook.marking import table
    from grading.gradebook.marking.rewriting import rewritten
    from grading.gradebook.marking.store import Store
    from grading.gradebook.marks import who
    from grading.gradebook.records import beside_others

    marker = " ".join((options.who or who()).split())
    if not marker:
        print(f"{PROGRAM}: --as needs a name", file=sys.stderr)
        return WRONG_USE
    if options.export is None and options.import_ is None:
        return _serve(options, marker)
    with Store(options.out, marker) as store, beside_others(options.out):
        if options.export is not None:
            count = table.export(store, options.export)
            print(
                f"{options.export}: {count} rows; fill in points and comment, and give it back with --import"
            )
            return GRADED
        count = table.take(store, options.import_)
        print(f"{count} marks taken from {options.import_}")
    rewritten(options.out, lambda n: print(f"writing the reports on {n} hand-ins", flush=True))
    return GRADED


def _serve(options: argparse.Namespace, marker: str) -> int:
    from grading.gradebook.marking import server
    from grading.gradebook.marking.rewriting import Rewriter
    from grading.gradebook.marking.shown import Renderer
    from grading.gradebook.marking.store import Store
    from grading.gradebook.records import beside_others
    from grading.intake.reader import Reader
    from grading.words import speaking

    # Processes are forked while no other thread is running.
    with Reader() as reader, Store(options.out, marker) as store, beside_others(options.out):
        if not store.questions:
            print(
                f"{PROGRAM}: there is nothing to mark in {options.out}: no notebook has an inline question, and the "
                "rubric has no [[manual]] item (docs/rubric.md)",
                file=sys.stderr,
            )
            return WRONG_USE
        if not any(question.max_points for question in store.questions):
            print(
                f"{PROGRAM}: the rubric gives no points for what persons mark, so only comments count; set "
                "manual_points in it, and grade again as you did (no student code is run for that)",
                file=sys.stderr,
            )
        listener = server.listening(options.port)
        token, port = server.new_token(), listener.getsockname()[1]
        rewriter = Rewriter(options.out, reader)
        renderer = Renderer(reader)
        app = server.app(store, rewriter, renderer, token, port, anonymous=options.anonymous)
        rewriter.start()
        renderer.warm_up(next(iter(store.works.values())))
        print(f"Marking {options.out} as {marker}. Open this address, which only you should know:")
        print(f"  http://{server.HOST}:{port}/#{token}", flush=True)
        print("Ctrl-C ends it; marks are kept as they are given.", flush=True)
        with speaking(options.lang or store.forms.forms.worth.settings.lang):
            try:
                server.serve(app, listener)
            finally:
                listener.close()
                rewriter.finish(lambda n: print(f"writing the reports on {n} hand-ins", flush=True))
        print(f"All marks are in {options.out}, and in its reports.")
    return GRADED

"""Serves the marking page to the marker's own browser."""

from __future__ import annotations

import errno
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from grading import UserError
from grading.gradebook.database import BusyError, GradebookError
from grading.gradebook.hand_marks import HandMark, Item
from grading.gradebook.marking.guard import Guard
from grading.gradebook.marking.rewriting import Rewriter
from grading.gradebook.marking.shown import Renderer
from grading.gradebook.marking.store import ConflictError, MarkError, NewMark, Place, Store, Work
from grading.reports.pages import TEMPLATES, environment
from grading.reports.text import in_short, one_line, visible

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"
_DATA = "/api/"
_LONGEST_LABEL = 100


class PortError(UserError):
    """A port that cannot be used for serving; the message is one line."""


def listening(port: int) -> socket.socket:
    """Open a socket for this machine only; ``port`` 0 picks any free one.

    Raises:
        PortError: the port cannot be used.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(64)
    except OSError as error:
        made.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise PortError(
            f"port {port} {why}: give another one with --port, or leave it out for one that is free"
        ) from None
    return made


def serve(app: Callable[..., Any], listener: socket.socket) -> None:
    """Answer requests until somebody presses Ctrl-C or ends this process."""
    import uvicorn

    config = uvicorn.Config(
        app,
        access_log=False,
        date_header=False,
        http="h11",
        lifespan="off",
        log_level="error",
        server_header=False,
        timeout_graceful_shutdown=5,
        ws="none",
    )
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        server.should_exit = True

    # When it has stopped, the server raises the signal that stopped it again, but reports must still be written.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])


def new_token() -> str:
    """Make a secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def app(
    store: Store, rewriter: Rewriter, renderer: Renderer, token: str, port: int, *, anonymous: bool = False
) -> Guard:
    """Return the application that serves the page and its data, guarded.

    Args:
        store: what is marked.
        rewriter: reports how far rewriting has come.
        renderer: renders answers.
        token: the secret of this server.
        port: where the server listens.
        anonymous: send the page no names.
    """
    answers = _Answers(store, rewriter, renderer, anonymous=anonymous)
    return Guard(answers.app(), token, [f"{HOST}:{port}", f"localhost:{port}"], _DATA)


class _Answers:
    """Answers the page's requests for data."""

    def __init__(self, store: Store, rewriter: Rewriter, renderer: Renderer, *, anonymous: bool) -> None:
        self._store, self._rewriter, self._renderer = store, rewriter, renderer
        self._anonymous = anonymous

    def app(self) -> Starlette:
        from starlette.applications import Starlette
        from starlette.responses import Response
        from starlette.routing import Route

        page = environment().get_template("marking.html").render(longest=_LONGEST_LABEL).encode()
        style = b"".join((TEMPLATES / name).read_bytes() for name in ("common.css", "marking.css"))
        script = (TEMPLATES / "marking.js").read_bytes()

        def file(content: bytes, kind: str, request: Request) -> Response:
            del request
            return Response(content, media_type=kind)

        return Starlette(
            routes=[
                Route("/", partial(file, page, "text/html")),
                Route("/marking.css", partial(file, style, "text/css")),
                Route("/marking.js", partial(file, script, "text/javascript")),
                Route(f"{_DATA}class", self.of_class),
                Route(f"{_DATA}work/{{id:int}}", self.of_work),
                Route(f"{_DATA}changes/{{since:int}}", self.changes),
                Route(f"{_DATA}mark", self.mark_given, methods=["POST"]),
            ]
        )

    def of_class(self, request: Request) -> Response:
        """Return everybody and everything that can be marked, as of now."""
        del request
        store = self._store
        store.read()
        marks = store.marks_since(0)
        last: dict[tuple[int, str], HandMark] = {(handin, mark.item): mark for handin, mark in marks}
        works = sorted(store.works.values(), key=lambda work: work.rank if self._anonymous else work.name)
        ranks = {work.id: number for number, work in enumerate(sorted(works, key=lambda w: w.rank), start=1)}
        return _json(
            {
                "title": store.forms.forms.worth.settings.title,
                "me": store.who,
                "anonymous": self._anonymous,
                "newest": max((mark.id for _, mark in marks), default=0),
                "questions": [
                    {
                        "label": in_short(each.text, _LONGEST_LABEL),
                        "most": each.max_points,
                        "source": each.source,
                    }
                    for each in store.questions
                ],
                "works": [
                    {
                        "id": work.id,
                        "rank": ranks[work.id],
                        "name": "" if self._anonymous else visible(work.student or work.name),
                        "places": [
                            _place(place, last.get((work.id, place.item.key))) for place in work.places
                        ],
                    }
                    for work in works
                ],
                "left_out": len(store.forms.names) - len(works),
                "reports": self._reports(),
            }
        )

    def of_work(self, request: Request) -> Response:
        """Return the answers in one hand-in, harmless, and the marks they were given."""
        work: Work | None = self._store.works.get(request.path_params["id"])
        if work is None:
            return _json({"error": "changed"}, 404)
        marks: dict[str, list[dict[str, Any]]] = {}
        for mark in self._store.marks(work.id):
            marks.setdefault(mark.item, []).append(_mark(mark, None))
        shown = self._renderer.shown(work)
        return _json(
            {
                place.item.key: {
                    "question": each.rendered.question,
                    "answer": each.rendered.answer,
                    "pictures": each.rendered.pictures,
                    "plain": each.plain,
                    "written": visible(place.item.manual.answer),
                    "history": marks.get(place.item.key, []),
                }
                for place, each in zip(work.places, shown, strict=True)
            }
        )

    def changes(self, request: Request) -> Response:
        """Return the marks that anybody has given since."""
        marks = self._store.marks_since(min(request.path_params["since"], sys.maxsize))
        found = (
            {
                (work.id, place.item.key): place.item
                for work in self._store.works.values()
                for place in work.places
            }
            if marks
            else {}
        )
        return _json(
            {
                "marks": [
                    {"handin": handin, "item": mark.item, **_mark(mark, found.get((handin, mark.item)))}
                    for handin, mark in marks
                ],
                "reports": self._reports(),
            }
        )

    async def mark_given(self, request: Request) -> Response:
        """Store a mark, and confirm it only once it is stored."""
        from starlette.concurrency import run_in_threadpool

        try:
            new = msgspec.json.decode(await request.body(), type=NewMark)
        except msgspec.DecodeError:
            return _json({"error": "number"}, 400)
        if new.based_on is None:
            return _json({"error": "number"}, 400)
        return await run_in_threadpool(self._given, new)

    def _given(self, new: NewMark) -> Response:
        try:
            mark = self._store.give(new)
        except ConflictError as error:
            return _json({"error": error.code, "theirs": _mark(error.theirs, self._item(new))}, 409)
        except MarkError as error:
            return _json({"error": error.code, "why": str(error)}, 409 if error.code == "changed" else 400)
        except BusyError as error:
            return _json({"error": "busy", "why": str(error)}, 503)
        except (GradebookError, OSError) as error:
            return _json({"error": "unwritten", "why": one_line(str(error))}, 503)
        return _json(_mark(mark, self._item(new)))

    def _item(self, new: NewMark) -> Item | None:
        places = self._store.works[new.handin].places
        return next((place.item for place in places if place.item.key == new.item), None)

    def _reports(self) -> dict[str, object]:
        return {"waiting": self._rewriter.waiting, "problem": visible(self._rewriter.problem)}


def _place(place: Place, mark: HandMark | None) -> dict[str, object]:
    item = place.item
    return {
        "item": item.key,
        "answer": item.answer_digest,
        "question": place.question,
        "most": item.manual.max_points,
        "missing": place.missing,
        "empty": item.manual.source == "notebook" and not item.manual.answer,
        "mark": None if mark is None else _mark(mark, item),
    }


def _mark(mark: HandMark, item: Item | None) -> dict[str, Any]:
    return {
        "id": mark.id,
        "points": mark.points,
        "most": mark.max_points,
        "comment": visible(mark.comment),
        "who": visible(mark.who),
        "made": mark.made,
        "counts": item is not None and item.counts(mark),
    }


def _json(content: object, status: int = 200) -> Response:
    from starlette.responses import Response

    return Response(msgspec.json.encode(content), status, media_type="application/json")

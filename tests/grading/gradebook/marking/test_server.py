"""Who is let in to the page on which one marks, what it tells, and what it does with bad requests."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import grader
from grading import commands
from grading.gradebook.marking.guard import Guard
from grading.gradebook.marking.rewriting import Rewriter
from grading.gradebook.marking.server import app
from grading.gradebook.marking.shown import Renderer
from grading.gradebook.marking.store import Store
from grading.intake.reader import Reader
from tests.grading.gradebook.marking.marked_class import graded, notebook

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href='http://evil.example'>x</a><style>*{}</style> "
    "\u202eturned &#x202e;again ${" * 3
)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


class Client:
    """Sends requests to the app, as a server would."""

    def __init__(self, guarded: Guard, store: Store) -> None:
        self.app, self.store = guarded, store
        self.headers = {"host": "127.0.0.1:99", "authorization": "Bearer token"}

    def __call__(
        self, path: str, body: object = None, method: str | None = None, **changed: str | None
    ) -> Answer:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers | {"content-length": str(len(content))} | {
            name.replace("_", "-"): value for name, value in changed.items()
        }  # fmt: skip
        scope = {
            "type": "http",
            "method": method or ("GET" if body is None else "POST"),
            "path": path,
            "query_string": b"",
            "headers": [(n.encode(), v.encode()) for n, v in headers.items() if v is not None],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], given, b"".join(m.get("body", b"") for m in sent[1:]))

    def mark(self, **changed: object) -> dict[str, object]:
        """What the page sends for ada's first answer."""
        work = next(each for each in self("/api/class").told["works"] if each["name"] == "ada")
        first = work["places"][0]
        sent = {"handin": work["id"], "item": first["item"], "answer": first["answer"], "points": 2.0}
        return {**sent, "comment": "", "based_on": 0, **changed}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    return graded(folder, ada=notebook("Ten.", HOSTILE), tim=notebook("$\\frac{1}{2}$", None))


@pytest.fixture
def client(made: Path, tmp_path: Path) -> Iterator[Client]:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    reader = Reader(apart=False)
    with Store(out, "ada t.", patience=0.1) as store:
        yield Client(app(store, Rewriter(out, reader), Renderer(reader), "token", 99), store)


@pytest.mark.parametrize(
    ("path", "changed", "status"),
    [
        ("/api/class", {"authorization": None}, 401),
        ("/api/class", {"authorization": "Bearer tokem"}, 401),
        ("/api/class", {"authorization": "token"}, 401),
        ("/api/class", {"host": "evil.example:99"}, 421),
        ("/api/class", {"host": "127.0.0.1:98"}, 421),
        ("/", {"host": "evil.example"}, 421),
        ("/", {"host": None}, 421),
        ("/api/class", {"origin": "http://evil.example"}, 403),
        ("/api/class", {"origin": "null"}, 403),
        ("/", {"sec_fetch_site": "cross-site"}, 403),
        ("/marking.js", {"sec_fetch_site": "same-site"}, 403),
        ("/api/class", {"sec_fetch_site": "none"}, 403),
        ("/api/mark", {"content_length": "9999999"}, 413),
        ("/api/mark", {"transfer_encoding": "chunked"}, 413),
        ("/", {"sec_fetch_site": "none", "authorization": None}, 200),
        ("/api/class", {"origin": "http://127.0.0.1:99", "sec_fetch_site": "same-origin"}, 200),
        ("/api/work/77", {}, 404),
        ("/../gradebook.sqlite", {}, 404),
    ],
)
def test_only_our_own_page_with_the_token_is_answered(
    client: Client, path: str, changed: dict[str, str | None], status: int
) -> None:
    answer = client(path, **changed)
    assert answer.status == status
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    if status != 200:
        assert b"ada" not in answer.body


def test_the_page_itself_has_nothing_of_anybody_in_it(client: Client) -> None:
    for path in ("/", "/marking.js", "/marking.css"):
        body = client(path, authorization=None).body
        assert b"http://" not in body
        assert b"Linear" not in body
        assert b"ada t." not in body


def test_a_hostile_answer_is_inert(client: Client) -> None:
    told = client("/api/class").told
    (ada,) = [work for work in told["works"] if work["name"] == "ada"]
    shown = client(f"/api/work/{ada['id']}").told[ada["places"][1]["item"]]["answer"]
    assert "turned" in shown
    assert "\\u202e" in shown
    for bad in ("<script", "onerror", "href", "<style", "\u202e", "evil.example'"):
        assert bad not in shown
    assert "class Softmax" in client(f"/api/work/{ada['id']}").told[ada["places"][2]["item"]]["answer"]
    (tim,) = [work for work in told["works"] if work["name"] == "tim"]
    assert "<mfrac>" in client(f"/api/work/{tim['id']}").told[tim["places"][0]["item"]]["answer"]


def test_what_cannot_be_rendered_is_shown_as_it_was_written(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("grading.intake.rendered_cells._converters", too_much)
    (work,) = [work for work in client.store.works.values() if work.name == "ada"]
    for each in Renderer(Reader(apart=False)).shown(work):
        assert each.plain
        assert "<script" not in each.rendered.answer


def test_a_mark_is_kept_and_another_one_on_the_same_answer_is_a_conflict(client: Client) -> None:
    sent = client.mark()
    mark = client("/api/mark", sent).told
    assert (mark["points"], mark["who"], mark["counts"]) == (2.0, "ada t.", True)
    again = client("/api/mark", {**sent, "points": 3.0})
    assert (again.status, again.told["error"], again.told["theirs"]["id"]) == (409, "conflict", mark["id"])
    (change,) = client("/api/changes/0").told["marks"]
    assert (change["handin"], change["item"]) == (sent["handin"], sent["item"])
    assert client(f"/api/changes/{10**30}").told["marks"] == []


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"points": 4.5}, 400, "refused"),
        ({"points": -1}, 400, "refused"),
        ({"points": "2"}, 400, "number"),
        ({"points": True}, 400, "number"),
        ({"comment": "x" * 6000}, 400, "refused"),
        ({"answer": "another"}, 409, "changed"),
        ({"item": "another"}, 409, "changed"),
        ({"handin": 77}, 409, "changed"),
        ({"more": 1}, 400, "number"),
    ],
)
def test_a_mark_that_cannot_be_given_says_why(
    client: Client, changed: dict[str, object], status: int, error: str
) -> None:
    answer = client("/api/mark", client.mark(**changed))
    assert (answer.status, answer.told["error"]) == (status, error)
    assert client("/api/mark", b'{"points": NaN}').status == 400
    assert client.store.marks_since(0) == []


def test_names_can_be_kept_from_the_page(made: Path) -> None:
    reader = Reader(apart=False)
    with Store(made, "t") as store:
        told = Client(
            app(store, Rewriter(made, reader), Renderer(reader), "token", 99, anonymous=True), store
        )
        body = told("/api/class").body
    assert b"ada" not in body
    assert b"tim" not in body


def test_what_is_wrong_with_the_folder_or_the_port_is_one_line(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for arguments, said in (
            ([str(tmp_path)], "there is no gradebook in"),
            ([str(made), "--port", str(port)], f"port {port} is in use"),
            ([str(made), "--as", " "], "--as needs a name"),
        ):
            assert grader.main(["mark", *arguments]) == commands.WRONG_USE
            (line,) = capsys.readouterr().err.splitlines()
            assert said in line

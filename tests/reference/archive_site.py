"""A server on this machine that sends an archive as CIFAR-10's author does, or badly."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from reference import cifar10


@dataclass
class Site:
    """A server on this machine that sends one archive, and breaks off as often as it is told to."""

    content: bytes
    ranges: bool = True
    status: int = 200
    shift: int = 0
    breaks: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content).hexdigest()


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            site.asked.append(asked)
            first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
            if site.status != 200:
                return self.send_error(site.status)
            if first and first >= len(site.content):
                return self.send_error(416)
            self.send_response(206 if first else 200)
            if first:
                last, total = len(site.content) - 1, len(site.content)
                self.send_header("Content-Range", f"bytes {first + site.shift}-{last}/{total}")
            rest = site.content[first:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: site.breaks.pop(0)] if site.breaks else rest)
            return None

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


def packed(batches: Path, extra: dict[str, bytes] | None = None, leave_out: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in cifar10.FILES:
            if name != leave_out:
                tar.add(batches / name, f"{cifar10.FOLDER}/{name}")
        for name, content in (extra or {}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def served(content: bytes) -> Iterator[Site]:
    """A site that sends ``content`` until the block ends."""
    site = Site(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(site)) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/cifar-10-python.tar.gz"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()

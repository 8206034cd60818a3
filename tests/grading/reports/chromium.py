"""Chromium without a window, driven through its own debugging pipe; nothing is installed and no port is opened."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE_SECONDS = 60.0
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser's program, or None where there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def axe() -> str | None:
    """The script that finds what keeps people from a page, or None where it is not installed."""
    package = importlib.util.find_spec("axe_core_python")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8")


# The browser reads commands at descriptor 3 and answers at 4. Copies above both keep either from being overwritten.
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """A running browser with a profile of its own; a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        their_end, self._commands = os.pipe()
        self._answers, their_other_end = os.pipe()
        options = [
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            # The pages are our own, and as root, as in most containers, Chromium's sandbox does not start.
            "--no-sandbox",
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(their_end), str(their_other_end), program, *options],
            pass_fds=(their_end, their_other_end),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_end)
        os.close(their_other_end)
        self._buffer = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._commands)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._answers)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """Send a command of the DevTools protocol and wait for its answer; events are kept on the way."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        unsent = memoryview(json.dumps(message).encode() + b"\0")
        while unsent:
            unsent = unsent[os.write(self._commands, unsent) :]
        while True:
            answer = self.receive()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def receive(self) -> dict[str, Any]:
        """The next message; an event is added to `events` too."""
        # Not select: it takes no descriptor above 1023, and other tests may hold many.
        answers = select.poll()
        answers.register(self._answers, select.POLLIN)
        while b"\0" not in self._buffer:
            assert answers.poll(1000 * PATIENCE_SECONDS), "Chromium does not answer"
            piece = os.read(self._answers, 2**16)
            assert piece, "Chromium has gone"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def page(self, path: Path | str, width: int = 1200, dark: bool = False) -> Page:
        """Open a file or an address and wait until it is loaded."""
        return Page(self, path if isinstance(path, str) else path.as_uri(), width, dark)


class Page:
    """An open page, and what happened in it."""

    def __init__(self, browser: Browser, url: str, width: int, dark: bool) -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session: str = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=url)
        while not self._events("Page.loadEventFired"):
            browser.receive()

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command to this page."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def violations(self, script: str) -> list[tuple[str, str]]:
        """What `axe` calls serious, and the first place of each."""
        self.evaluate(script + "; null")
        found = self.evaluate("axe.run().then((results) => results.violations)")
        return [
            (each["id"], each["nodes"][0]["html"])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    def follow(self, selector: str) -> None:
        """Click a link to another page, and wait until that is loaded."""
        loaded = len(self._events("Page.loadEventFired"))
        self.evaluate(f"document.querySelector({selector!r}).click()")
        while len(self._events("Page.loadEventFired")) == loaded:
            self._browser.receive()

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """Press and release a key, one with a name or that of a character."""
        codes = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), ".": (190, "."), "?": (191, "?")}
        code, text = codes.get(key) or (ord(key.upper()), key)
        for kind, typed in (("keyDown", "" if ctrl else text), ("keyUp", "")):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=typed,
                modifiers=2 if ctrl else 0,
            )

    def wait_for(self, expression: str) -> Any:
        """The value of a JavaScript expression, as soon as it is one that holds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, expression
            time.sleep(0.02)
        return value

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            event["params"]
            for event in self._browser.events
            if event["method"] == method and event.get("sessionId") == self._session
        ]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and what the page's policy forbade."""
        said = [
            str(e["args"])
            for e in self._events("Runtime.consoleAPICalled")
            if e["type"] in ("error", "warning")
        ]
        thrown = [str(e["exceptionDetails"]) for e in self._events("Runtime.exceptionThrown")]
        logged = [e["entry"]["text"] for e in self._events("Log.entryAdded")]
        return said + thrown + logged

    @property
    def requests(self) -> list[str]:
        """All that was asked for, the page itself first; a picture that stands in the page asks for nothing."""
        urls = [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]
        return [url for url in urls if not url.startswith("data:")]

"""`make check`: runs the tests of what has changed since main, for as long as a minute allows.

Tests of a changed module are the file that mirrors it, then whatever imports it. What no time was left for is counted,
and runs in `make test`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 45.0
"""No test is begun after so many; ruff, mypy and the last test have the rest of the minute."""

ALWAYS = "tests/test_architecture.py"
_OTHERS = {
    ".md": "tests/test_docs.py",
    "grading/words/": "tests/grading/test_words.py",
    ".yml": "tests/test_ci.py",
    ".toml": "tests/grading/rubric/test_rubric.py",
    "Makefile": "tests/test_ci.py",
    "Containerfile": "tests/test_container.py",
    "setup.py": "tests/test_packaging.py",
}
"""What is no Python, by a part of its path, and its test."""


def changed_files(root: Path = ROOT) -> list[str]:
    """What differs from main, committed or not, relative to the root."""
    base = next(
        filter(None, (_git(root, "merge-base", "HEAD", main) for main in ("origin/main", "main"))), "HEAD"
    )
    named = _git(root, "diff", "--name-only", base.strip()) + _git(
        root, "ls-files", "--others", "--exclude-standard"
    )
    return sorted(filter(None, named.splitlines()))


def files_to_test(changed: Iterable[str], root: Path = ROOT) -> list[str]:
    """The test files of what has changed, the nearest first."""
    changed = list(changed)
    found = [path for path in changed if _is_test(path)]
    found += [mirror for path in changed if (mirror := _mirror(path)) and (root / mirror).exists()]
    found += [test for path in changed for part, test in _OTHERS.items() if part in path]
    found.append(ALWAYS)
    modules = {_module(path) for path in changed if path.endswith(".py")}
    found += [test for test in sorted(_all_tests(root)) if modules & _imported(root / test)]
    return [test for test in dict.fromkeys(found) if (root / test).exists()]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _is_test(path: str) -> bool:
    return path.startswith("tests/") and PurePosixPath(path).match("test_*.py")


def _mirror(path: str) -> str | None:
    """The test file that lies as a module does."""
    module = PurePosixPath(path)
    if module.suffix != ".py" or module.parts[0] == "tests":
        return None
    # A test of what is asked is called as that is, with no second `test_` before it.
    return str(PurePosixPath("tests", module.parent, f"test_{module.stem.removeprefix('test_')}.py"))


def _module(path: str) -> str:
    return ".".join(PurePosixPath(path.removesuffix("/__init__.py")).with_suffix("").parts)


def _all_tests(root: Path) -> Iterator[str]:
    return (path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py"))


@cache
def _imported(path: Path) -> set[str]:
    """All that a file imports, by dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


class OneMinute:
    """A plugin for pytest: begins no test once the time is over, and counts those."""

    def __init__(self, seconds: float) -> None:
        self._over = time.monotonic() + seconds
        self.left = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Whether the test is done with."""
        if time.monotonic() < self._over:
            return None
        self.left += 1
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was not run."""
        if self.left:
            terminalreporter.write_line(f"no time was left for {self.left} tests: `make test` runs them")


def main() -> int:
    """Run them, and return pytest's exit code."""
    found = files_to_test(changed_files())
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *found], plugins=[OneMinute(SECONDS)]))


if __name__ == "__main__":
    sys.exit(main())

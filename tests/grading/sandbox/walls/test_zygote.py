from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from grading.sandbox.walls import zygote


@pytest.mark.skipif(sys.platform == "win32", reason="there is no zygote on Windows")
def test_it_imports_little_that_no_worker_needs() -> None:
    call = (
        "sys.modules['grading.sandbox.inside.libraries'].landlock_version();"
        "print(sorted({'typing_extensions', 'pathlib', 'subprocess', 'ctypes.util'} & sys.modules.keys()))"
    )
    command = zygote.python("inside.zygote", call)
    done = subprocess.run(command, env=zygote.ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_workers_side_is_compiled_whenever_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, broken = tmp_path / "module.py", tmp_path / "broken.py"
    module.write_text("A = 1\n")
    broken.write_text("A =\n")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(zygote, "worker_side", lambda: (module, tmp_path))
    compiled = Path(cache_from_source(str(module)))
    contents = []
    for text, written in (("A = 1\n", 0), ("A = 22\n", 0), ("A = 333\n", 4_000_000_000)):
        module.write_text(text)
        os.utime(module, (written, written))
        zygote.keep_compiled()
        contents.append(compiled.read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_nothing_is_compiled_for_whoever_does_not_want_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").write_text("A = 1\n")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(zygote, "worker_side", lambda: (tmp_path,))
    zygote.keep_compiled()
    assert [path.name for path in tmp_path.iterdir()] == ["module.py"]

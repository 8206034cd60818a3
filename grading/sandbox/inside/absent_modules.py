"""Inert objects that replace absent modules, so that code that does not need them still works."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

_KINDS_DECORATED = (types.FunctionType, types.MethodType, type, staticmethod, classmethod)


class StandinBase:
    """Replaces a base class that is absent."""


class Standin:
    """Responds to everything and does nothing: attributes, calls, items, empty loops, arithmetic.

    If called with just one function or class, it returns that, as a decorator would.
    """

    def __init__(self, name: str) -> None:
        self.__dict__["_standin_for"] = name

    def __getattr__(self, attribute: str) -> Any:
        # This object supports only the protocols that are spelled out below.
        if attribute.startswith("__") and attribute.endswith("__"):
            raise AttributeError(f"{self._standin_for} is not here")
        return Standin(f"{self._standin_for}.{attribute}")

    def __setattr__(self, attribute: str, value: object) -> None:
        self.__dict__[attribute] = value

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Return another stand-in, or the decorated function."""
        if len(args) == 1 and not kwargs and isinstance(args[0], _KINDS_DECORATED):
            return args[0]
        return Standin(self._standin_for)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return () if any(base is not self and isinstance(base, Standin) for base in bases) else (StandinBase,)

    def __array__(self, *args: object, **kwargs: object) -> Any:
        """Refuse to become an array: computing with one would raise an error far from its cause."""
        if self._standin_for.partition(".")[0] in ORDINARY - _COMPUTING:
            return np.array(())
        raise ModuleNotFoundError(f"{self._standin_for} is not here")

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __contains__(self, item: object) -> bool:
        return False

    def __getitem__(self, key: object) -> Standin:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __delitem__(self, key: object) -> None:
        pass

    def __enter__(self) -> Standin:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"<stand-in for {self._standin_for}>"


def _same(self: Standin, *others: object) -> Standin:
    return self


for _name in (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
):
    setattr(Standin, f"__{_name}__", _same)
    setattr(Standin, f"__r{_name}__", _same)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Standin, f"__{_name}__", _same)


def _module(name: str, /, **contents: object) -> types.ModuleType:
    module = types.ModuleType(name, "A stand-in that works on this version of Python.")
    module.__dict__.update(contents)
    return module


def _old_div(a: Any, b: Any) -> Any:
    """Divide as in Python 2: whole numbers give a whole number."""
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


def _listed(function: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    @functools.wraps(function)
    def listed(*args: Any) -> list[Any]:
        return list(function(*args))

    return listed


class Progress(Standin):
    """A progress bar without the bar: iterates over its argument."""

    def __init__(self, iterable: Iterable[Any] = (), *args: object, **kwargs: object) -> None:
        super().__init__("tqdm")
        self.__dict__["_iterable"] = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)


def _trange(*args: Any, **kwargs: object) -> Progress:
    return Progress(range(*args))


_PYTHON_2_NAMES: dict[str, object] = {
    "xrange": range,
    "basestring": str,
    "unicode": str,
    "long": int,
    "unichr": chr,
    "raw_input": input,
    "reduce": functools.reduce,
    "cmp": lambda a, b: (a > b) - (a < b),
}
_SAME_NAMES: dict[str, object] = {
    kind.__name__: kind
    for kind in (
        *(range, zip, map, filter, input, str, int, bytes),
        *(dict, list, object, super, open, round, pow, chr),
    )
}
_ITERATORS: dict[str, object] = {
    "iteritems": lambda mapping: iter(mapping.items()),
    "iterkeys": lambda mapping: iter(mapping.keys()),
    "itervalues": lambda mapping: iter(mapping.values()),
    "string_types": (str,),
    "integer_types": (int,),
    "text_type": str,
    "PY2": False,
    "PY3": True,
}


def compatibility_modules() -> dict[str, types.ModuleType]:
    """Working modules that replace ``future``, ``past``, ``six`` and ``tqdm``, by their dotted names."""
    import pickle

    listed = {function.__name__: _listed(function) for function in (zip, map, filter)}
    past = _module("past.builtins", **(_SAME_NAMES | _PYTHON_2_NAMES | listed))
    moves = _module("six.moves", **_SAME_NAMES, **_PYTHON_2_NAMES, cPickle=pickle)
    progress = _module("tqdm", tqdm=Progress, trange=_trange, tqdm_notebook=Progress, tnrange=_trange)
    modules = {
        "past.builtins": past,
        "past.utils": _module("past.utils", old_div=_old_div, PY2=False, PY3=True),
        "future.builtins": _module("future.builtins", **_SAME_NAMES),
        "future.utils": _module("future.utils", old_div=_old_div, **_ITERATORS),
        "six.moves": moves,
        "six.moves.cPickle": pickle,
        "cPickle": pickle,
        "tqdm.auto": progress,
        "tqdm.notebook": progress,
        "tqdm": progress,
    }
    modules["past"] = _module("past", builtins=past, utils=modules["past.utils"])
    modules["future"] = _module(
        "future",
        builtins=modules["future.builtins"],
        utils=modules["future.utils"],
        standard_library=Standin("future.standard_library"),
        print_function=None,
    )
    modules["future.standard_library"] = _module("future.standard_library", install_aliases=lambda: None)
    modules["six"] = _module("six", moves=moves, **_ITERATORS)
    progress.__dict__.update(auto=progress, notebook=progress)
    return modules


#: Never imported: they are large, or would wait for a person, and no function graded here needs them. The first group
#: is in so many notebooks that it is not worth a remark.
ORDINARY = frozenset(
    (
        *("matplotlib", "mpl_toolkits", "pylab", "IPython", "ipykernel", "ipywidgets", "google", "PIL"),
        *("imageio", "cv2"),
        *("pandas", "seaborn", "skimage", "autoreload", "pdb", "ipdb", "setuptools", "Cython", "pyximport"),
    )
)
# Students may want to compute with the results of these.
_COMPUTING = frozenset(("pandas", "skimage", "cv2"))
#: The course's own helper files, often missing from hand-ins.
ORDINARY_FILES = frozenset(
    (
        *("data_utils", "gradient_check", "vis_utils", "features"),
        *("layers", "layer_utils", "fast_layers", "im2col"),
    )
)

#: The only real packages outside the standard library, so that every machine behaves the same.
REAL = frozenset({"numpy", "scipy"})

"""The wheel, where it differs from a checkout: all that is ours is one package there, `subgrader`.

In a checkout, `grading`, `checks` and `reference` are folders that import each other by these names. Installed so, they
would take three common names from everybody, and a student's own `checks.py` or `reference/` would be imported in their
place. So each import of ours is rewritten on its way into the wheel: `from grading.words import say` becomes `from
subgrader.grading.words import say`. `grader.py` becomes the package itself. The rest is in pyproject.toml.
"""

from __future__ import annotations

import ast
import atexit
import shutil
import tempfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

PACKAGE = "subgrader"
ROOMS = ("reference", "checks", "grading")


def installed(source: str, filename: str) -> str:
    """The text of a module with its imports as they are in the wheel.

    Raises:
        ValueError: an import cannot be written so that it binds the same name.
    """
    lines = source.splitlines(keepends=True)
    places: list[tuple[int, int]] = []
    for node in ast.walk(ast.parse(source, filename)):
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module):
            places.append((node.lineno, node.col_offset + len("from ")))
        elif isinstance(node, ast.Import):
            for alias in filter(lambda alias: _is_ours(alias.name), node.names):
                if alias.asname is None:
                    raise ValueError(
                        f"{filename}:{alias.lineno}: write `import {alias.name} as ...`, or `from`"
                    )
                places.append((alias.lineno, alias.col_offset))
    # Backwards, so that no place moves before its turn; columns are counted in bytes.
    for line, column in sorted(places, reverse=True):
        text = lines[line - 1].encode()
        lines[line - 1] = (text[:column] + f"{PACKAGE}.".encode() + text[column:]).decode()
    return "".join(lines)


def _is_ours(module: str | None) -> bool:
    return module is not None and module.split(".")[0] in ROOMS


class BuildPy(build_py):
    """Copies modules into the package."""

    def run(self) -> None:
        """As setuptools does, but never for an editable install, in which no import could be written anew."""
        if self.editable_mode:
            raise SystemExit(
                "subgrader cannot be installed editable: run grader.py in the checkout, as it is"
            )
        super().run()

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """All modules of a package; of the topmost, `grader.py` under the two names that Python looks for."""
        if package == PACKAGE:
            return [(package, name, "grader.py") for name in ("__init__", "__main__")]
        return list(super().find_package_modules(package, package_dir))

    def build_module(self, module: str, module_file: str, package: str) -> tuple[str, bool]:
        """Write one module."""
        out = self.get_module_outfile(self.build_lib, package.split("."), module)
        self.mkpath(str(Path(out).parent))
        source = Path(module_file).read_text(encoding="utf-8")
        Path(out).write_text(installed(source, module_file), encoding="utf-8")
        return out, True


if __name__ == "__main__":
    # Not in the checkout: pytest would take the metadata there for those of an installed plugin.
    elsewhere = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, elsewhere, ignore_errors=True)
    setup(
        packages=[
            PACKAGE,
            *(f"{PACKAGE}.{name}" for name in find_packages(include=[f"{room}*" for room in ROOMS])),
        ],
        package_dir={PACKAGE: ".", **{f"{PACKAGE}.{room}": room for room in ROOMS}},
        cmdclass={"build_py": BuildPy},
        options={"build": {"build_base": elsewhere}, "egg_info": {"egg_base": elsewhere}},
    )

"""The pytest plugin of an installed subgrader, for `pytest --pyargs subgrader.checks --submission=PATH`.

pytest reads a conftest.py before the command line only if it is in the folder where pytest is started. Every run of
pytest in that environment loads this module; it does nothing unless the run is about these checks.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_CONFTEST = Path(__file__).with_name("conftest.py")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the hooks of these checks if the command line names them."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and any(_names_us(str(word)) for word in config.invocation_params.args):
        # By this name pytest knows a conftest.py that it has loaded.
        pluginmanager.register(importlib.import_module(f"{__package__}.conftest"), str(_CONFTEST))


def _names_us(word: str) -> bool:
    place = word.partition("::")[0]
    if place.split(".")[:2] == str(__package__).split(".")[:2]:
        return True
    return Path(place).exists() and Path(place).resolve().is_relative_to(_CONFTEST.parent.resolve())

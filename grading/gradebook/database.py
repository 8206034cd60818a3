"""Opens the gradebook's file, creating it if necessary, and refuses files that are not ours."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from grading import Closing, UserError

FILE = "gradebook.sqlite"
_SECONDS_FOR_OTHERS = 60.0
#: In the header of the file: our identifier, and the version of its tables.
_APPLICATION, _VERSION = 0x73756267, 2
#: The tables that version 2 added to version 1: marks by people, and the data for rewriting reports.
_ADDED = ("hand_marks", "hand_marks_of_handin", "report_settings", "reports", "class_reports")
_TABLE = "CREATE TABLE"

_NOT_WRITTEN = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_CANTOPEN": errno.EACCES,
}


class GradebookError(UserError):
    """A gradebook that cannot be used."""


class BusyError(GradebookError):
    """Others have been writing into it for as long as we are willing to wait."""


class Database(Closing):
    """A connection to the gradebook at ``path``; None for one that is only in memory.

    SQLite stores a transaction as a whole or not at all, whatever is killed, and makes simultaneous runs wait for each
    other; where the file system allows, by a write-ahead log, which survives a power cut. ``patience`` is the longest
    wait, in seconds. A gradebook of version 1 gets the missing tables.

    Raises:
        GradebookError: the file is not a gradebook, is damaged, or cannot be opened.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        only_read: bool = False,
        must_exist: bool = False,
        patience: float = _SECONDS_FOR_OTHERS,
    ) -> None:
        self._path = path
        if path is not None and (only_read or must_exist) and not path.is_file():
            raise GradebookError(
                f"there is no gradebook in {path.parent}: grading with --out {path.parent} keeps one, if that folder "
                "does not lie in what is graded"
            )
        where = (
            ":memory:"
            if path is None
            else f"file:{quote(str(path.absolute()))}?mode={'ro' if only_read else 'rwc'}"
        )
        with self._told():
            self._connection = sqlite3.connect(
                where, timeout=patience, isolation_level=None, check_same_thread=False, uri=True
            )
            self._connection.row_factory = sqlite3.Row
        try:
            with self._told():
                # Nothing in the file is executed, whoever has written it.
                self._connection.execute("PRAGMA trusted_schema = OFF")
                self._connection.execute("PRAGMA foreign_keys = ON")
            if only_read:
                self._check()
                for statement in self._lacking():
                    # A version 1 that cannot be changed now: the missing tables are empty, and not in the file.
                    if statement.startswith(_TABLE):
                        self.change(statement.replace(_TABLE, "CREATE TEMP TABLE", 1))
            else:
                with self._told():
                    self._connection.execute("PRAGMA journal_mode = WAL")
                    self._connection.execute("PRAGMA synchronous = FULL")
                with self.transaction():
                    self._make(_schema() if not self._check() else self._lacking())
        except BaseException:
            self._connection.close()
            raise

    def _check(self) -> bool:
        """Return whether there are tables; raise an error unless they are ours and current."""
        found = self._found()
        (application,), (version,) = (
            self.select("PRAGMA application_id")[0],
            self.select("PRAGMA user_version")[0],
        )
        if not found and not application:
            return False
        if application == _APPLICATION and version > _VERSION:
            raise GradebookError(
                f"{self._path} is of a newer version of subgrader: use that, or name another folder with --out"
            )
        lacking = self._lacking()
        if version == 1 and lacking == [each for each in _schema() if each.split(" ")[2] in _ADDED]:
            found += lacking
        if sorted(found) != sorted(_schema()):
            raise GradebookError(f"{self._path} is no gradebook of subgrader's: move it away")
        return True

    def _found(self) -> list[str]:
        return [row["sql"] for row in self.select("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]

    def _lacking(self) -> list[str]:
        found = self._found()
        return [statement for statement in _schema() if statement not in found]

    def _make(self, statements: list[str]) -> None:
        for statement in statements:
            self.change(statement)
        if statements:
            self.change(f"PRAGMA application_id = {_APPLICATION}")
            self.change(f"PRAGMA user_version = {_VERSION}")

    def select(self, query: str, values: tuple[object, ...] | dict[str, object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query.

        Raises:
            GradebookError: they cannot be read.
        """
        with self._told():
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, values: tuple[object, ...] | dict[str, object] = ()) -> int:
        """Run one statement; return the number of the row that it inserted.

        Raises:
            OSError: it cannot be written.
        """
        with self._told():
            return self._connection.execute(statement, values).lastrowid or 0

    def change_many(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        """Run a statement for each of ``rows``.

        Raises:
            OSError: they cannot be written.
        """
        with self._told():
            self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Apply all changes made inside or none; nobody else changes anything meanwhile."""
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._told():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            for name, number in _NOT_WRITTEN.items():
                if error.sqlite_errorname.startswith(name):
                    # The same error as for any other file that cannot be written.
                    raise OSError(number, os.strerror(number), str(self._path)) from error
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise BusyError(
                    f"{self._path} is being written by another program: try again when that is done"
                ) from error
            raise GradebookError(f"{self._path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise GradebookError(
                f"{self._path} is damaged or no gradebook ({error}): move it away, and a new one is made"
            ) from error


def _schema() -> list[str]:
    text = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(";\n") if statement.strip()]

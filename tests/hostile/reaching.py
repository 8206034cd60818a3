"""Programs that reach for files that are not theirs."""

# Each function here is the text of a hostile program: it is read, and run behind walls, but never called here.
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import ctypes
import glob
import os
import signal
import socket
import subprocess
import sys
import time

from tests.hostile.arena import UNSAFE, Attacks

NOWHERE = frozenset()


# Unless said otherwise, limits alone do not contain these.
ATTACKS = Attacks("import ctypes, glob, os, signal, socket, subprocess, sys, time", escapes=UNSAFE)


@ATTACKS.add("Raised")
def reads_a_file_that_anyone_may_read(X, path, port, pid, name, outside):
    return open(path).read()


@ATTACKS.add("Raised")
def reads_the_file_through_a_link_of_its_own(X, path, port, pid, name, outside):
    os.symlink(path, "link")
    return open("link").read()


@ATTACKS.add("Raised")
def makes_a_hard_link_to_the_file(X, path, port, pid, name, outside):
    os.link(path, "link")
    return open("link").read()


@ATTACKS.add("Raised")
def reads_the_file_by_numpy(X, path, port, pid, name, outside):
    import numpy as np

    return str(np.fromfile(path, "u1").tobytes())


@ATTACKS.add("Raised")
def maps_the_file_into_memory(X, path, port, pid, name, outside):
    import mmap

    f = os.open(path, os.O_RDONLY)
    return mmap.mmap(f, 0, prot=1)[:].decode()


@ATTACKS.add("Raised")
def loads_the_file_as_a_shared_library_to_see_what_is_said_of_it(X, path, port, pid, name, outside):
    return ctypes.CDLL(path)


@ATTACKS.add(escapes=NOWHERE)
def reads_what_is_in_all_open_file_descriptors(X, path, port, pid, name, outside):
    def read(k):
        try:
            return os.pread(k, 4096, 0)
        except OSError:
            return None

    return repr([read(k) for k in range(3, 64)])


@ATTACKS.add()
def goes_up_from_every_open_folder(X, path, port, pid, name, outside):
    def look(k):
        try:
            f = os.open("../" * 20 + path, os.O_RDONLY, dir_fd=k)
            return os.read(f, 100)
        except OSError:
            return None

    return repr([look(k) for k in range(3, 64)])


@ATTACKS.add("Raised")
def writes_a_file_where_anyone_may(X, path, port, pid, name, outside):
    open(outside + "/written", "w").write("x")
    return 1.0


@ATTACKS.add("Raised")
def makes_a_folder_where_anyone_may(X, path, port, pid, name, outside):
    os.mkdir(outside + "/made")
    return 1.0


@ATTACKS.add("Raised")
def overwrites_the_file(X, path, port, pid, name, outside):
    open(path, "w").write("0" * 32)
    return 1.0


@ATTACKS.add("Raised")
def cuts_the_file_by_an_open_that_only_reads(X, path, port, pid, name, outside):
    os.open(path, os.O_RDONLY | os.O_TRUNC)
    return 1.0


@ATTACKS.add("Raised")
def cuts_the_file(X, path, port, pid, name, outside):
    os.truncate(path, 0)
    return 1.0


@ATTACKS.add("Raised")
def removes_the_file(X, path, port, pid, name, outside):
    os.unlink(path)
    return 1.0


@ATTACKS.add("Raised")
def moves_the_file_to_where_it_may_read(X, path, port, pid, name, outside):
    os.rename(path, "mine")
    return open("mine").read()


@ATTACKS.add("Raised")
def changes_the_rights_of_the_file(X, path, port, pid, name, outside):
    os.chmod(path, 0o600)
    return 1.0


@ATTACKS.add("Raised")
def changes_the_times_of_the_file(X, path, port, pid, name, outside):
    os.utime(path, (0, 0))
    return 1.0


@ATTACKS.add("Raised")
def makes_a_pipe_with_a_name_outside(X, path, port, pid, name, outside):
    os.mkfifo(outside + "/pipe")
    return 1.0


@ATTACKS.add("Raised", escapes=NOWHERE)
def makes_a_device(X, path, port, pid, name, outside):
    os.mknod(outside + "/device", 0o20666, os.makedev(1, 1))
    return 1.0


@ATTACKS.add("Raised")
def leaves_a_file_for_the_next_submission(X, path, port, pid, name, outside):
    open("../left", "w").write("x")
    return 1.0


@ATTACKS.add("Raised")
def reads_the_graders_own_code(X, path, port, pid, name, outside):
    return len(open(list(sys.modules["grading"].__path__)[0] + "/submission.py").read())


@ATTACKS.add("Raised")
def imports_the_reference(X, path, port, pid, name, outside):
    import importlib

    sys.path.insert(0, os.path.dirname(list(sys.modules["grading"].__path__)[0]))
    return importlib.import_module("reference.problem").__name__


@ATTACKS.add("Raised")
def imports_the_labelled_pictures_of_scikit_learn(X, path, port, pid, name, outside):
    import importlib

    d = importlib.import_module("sklearn.datasets")
    return d.load_digits().target


@ATTACKS.add("Raised")
def looks_for_labels_in_every_folder_of_packages(X, path, port, pid, name, outside):
    found = [p + "/sklearn/datasets/data/digits.csv.gz" for p in sys.path]
    return len([open(p, "rb").read() for p in found if os.path.exists(p)][0])


@ATTACKS.add("Raised")
def lists_a_folder_that_anyone_may_list(X, path, port, pid, name, outside):
    return repr(os.listdir(outside))


@ATTACKS.add("Raised")
def reads_the_list_of_users(X, path, port, pid, name, outside):
    return open("/etc/passwd").read()

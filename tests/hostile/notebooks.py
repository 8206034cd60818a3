"""Hostile notebooks: the text of a cell each, run between honest cells.

What they may know of the bait is written in for PATH, PORT, PID, NAME and OUTSIDE.
"""

# ruff: noqa: E501 - a cell reads better in one line

from __future__ import annotations

from dataclasses import dataclass

from grading.sandbox.walls.levels import Level
from tests.hostile.arena import UNSAFE


@dataclass(frozen=True)
class HostileCell:
    """A cell, and how its notebook may end: "completed", or the reason of a loss; () for in any way.

    Attributes:
        name: what it tries.
        code: the cell.
        ends: see above.
        escapes: levels at which ``docs/security.md`` says that this is not contained.
    """

    name: str
    code: str
    ends: tuple[str, ...] = ()
    escapes: frozenset[Level] = frozenset()


_WIRE = """
import gc, os, struct, sys
server = next(o for o in gc.get_objects() if type(o).__name__ == 'Server')
encode = sys.modules['msgspec'].msgpack.encode
def framed(header, payload=b''):
    return struct.pack('<4sIQ', b'SGr1', len(header), len(payload)) + header + payload
def say(index, *body):
    server._channel.sendall(framed(encode([server._nonce, index, list(body)])))
"""

CELLS = [
    HostileCell("reads the secret", "print(open(PATH).read())", ("completed",), UNSAFE),
    HostileCell(
        "looks for it by magics",
        "%cat {PATH}\n!cat {PATH}\nlines = !cat {PATH}\nprint(lines)\n%run {PATH}\n%load {PATH}",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "shell lines of every kind",
        "get_ipython().system('cat ' + PATH)\nget_ipython().getoutput('cat ' + PATH)\n"
        "get_ipython().run_cell_magic('script', 'cat', PATH)\nget_ipython().run_line_magic('sx', 'cat ' + PATH)\n"
        "from IPython.utils import process\nprint(process.getoutput('cat ' + PATH))",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "another shell of IPython's",
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.system_raw(get_ipython(), 'touch ' + OUTSIDE + '/written')",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "connects",
        "import socket\nprint(socket.create_connection(('127.0.0.1', PORT), 1).recv(100))",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "connects to an abstract socket",
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + NAME)\nprint(s.recv(100))",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "forks",
        "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(100)",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "starts a program", "import subprocess\nprint(subprocess.run(['cat', PATH]))", ("completed",), UNSAFE
    ),
    HostileCell("writes outside", "open(OUTSIDE + '/written', 'w').write('mine')", ("completed",), UNSAFE),
    HostileCell(
        "writes outside by a magic",
        "get_ipython().run_cell_magic('writefile', OUTSIDE + '/written', 'mine')",
        ("completed",),
        UNSAFE,
    ),
    HostileCell(
        "writes where the data lies",
        "import glob\nfor path in glob.glob('cs231n/datasets/cifar-10-batches-py/*'):\n    open(path, 'wb').write(b'')",
        ("completed",),
        UNSAFE,
    ),
    HostileCell("signals the grader", "import os\nos.kill(PID, 0)\nprint('reached')", ("completed",)),
    HostileCell(
        "forges the end of its cell and what was found",
        _WIRE
        + "say(1, 'ended', None, '', [], 0, {'best_val': ['float', 0.99]}, [])\n"
        + "say(2, 'entered')\nsay(2, 'ended', None, 'forged', [], 0, {'best_val': ['float', 0.99]}, [])\nos._exit(0)",
        (),
    ),
    HostileCell("answers to something else", _WIRE + "say(1, 'finished', [], {})", ("protocol",)),
    HostileCell(
        "sends a variable that nobody asked for",
        _WIRE + "say(1, 'ended', None, '', [], 0, {'x': ['int', 1]}, [])",
        ("protocol",),
    ),
    HostileCell(
        "sends a picture that is none",
        _WIRE + "say(1, 'ended', None, '', [['a', '<f8', [1]]], 0, {}, [])",
        ("protocol",),
    ),
    HostileCell(
        "sends an endless header",
        _WIRE + "server._channel.sendall(struct.pack('<4sIQ', b'SGr1', 2**32 - 1, 2**60))",
        ("protocol",),
    ),
    HostileCell(
        "sends frames without end",
        _WIRE + "while True: say(1, 'entered')",
        ("protocol", "died"),
    ),
    HostileCell(
        "floods with displays",
        "from IPython.display import display\nfor k in range(20_000): display({'image/png': 'x' * 1000}, raw=True)",
        ("completed",),
    ),
    HostileCell(
        "shows huge pictures",
        "from IPython.display import display\nfor k in range(20): display({'image/png': b'\\x89PNG' * 10_000_000}, raw=True)",
        (),
    ),
    HostileCell(
        "shows a picture that grows when it is unpacked",
        "import struct, zlib\nfrom IPython.display import display\n"
        "def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))\n"
        "head = chunk(b'IHDR', struct.pack('>IIBBBBB', 2000, 2000, 8, 6, 0, 0, 0))\n"
        "body = chunk(b'IDAT', zlib.compress(b'\\0' * 40_000_000, 9))\n"
        "display({'image/png': b'\\x89PNG\\r\\n\\x1a\\n' + head + body + chunk(b'IEND', b'')}, raw=True)",
        ("completed",),
    ),
    HostileCell(
        "shows scripts",
        "from IPython.display import display, HTML, Javascript\ndisplay(HTML('<script>alert(1)</script>'))\n"
        "display(Javascript('alert(1)'))\nprint('<script>alert(2)</script>\\x1b[2J\\u202e')",
        ("completed",),
    ),
    HostileCell("prints without end", "while True: print('x' * 100_000)", ("timeout",)),
    HostileCell(
        "writes to standard output without end",
        "import os\nwhile True: os.write(1, b'x' * 100_000)",
        ("timeout",),
    ),
    HostileCell(
        "takes all memory", "x = [bytearray(1 << 28) for k in range(1000)]", ("completed", "died", "timeout")
    ),
    HostileCell(
        "values that never end",
        "class Endless(dict):\n    def items(self):\n        while True: yield (1, 2), (3, 4)\nresults = Endless(a=1)  # best_svm",
        ("timeout", "died", "completed"),
    ),
    HostileCell(
        "values that lie",
        "class Liar(float):\n    def __float__(self): return 1 / 0\n    def __le__(self, other): return True\n"
        "best_val = Liar(2.0)\nclass Model:\n    @property\n    def W(self): raise SystemExit\nbest_svm = Model()",
        ("completed",),
    ),
    HostileCell(
        "patches what brings variables out",
        "import sys\nmodule = sys.modules['grading.sandbox.inside.running_cells']\n"
        "module._found = lambda *rest: [('best_val', ['float', 0.99])]",
        (),
    ),
    HostileCell(
        "patches NumPy and the shell",
        "import numpy as np, builtins\nnp.array = np.mean = lambda *a, **k: 1.0\nbuiltins.len = lambda x: 0\n"
        "get_ipython().run_cell = lambda *a, **k: None",
        (),
    ),
    HostileCell(
        "waits for the end",
        "import atexit, os, threading, time\natexit.register(lambda: time.sleep(1000))\n"
        "class Late:\n    def __del__(self):\n        while True: pass\nlate = Late()\n"
        "threading.Thread(target=lambda: time.sleep(1000)).start()",
        ("completed",),
    ),
    HostileCell("ends itself", "import os\nos._exit(0)", ("died",)),
    HostileCell("dies", "import ctypes\nctypes.string_at(0)", ("died",)),
    HostileCell("leaves by an exception", "import sys\nsys.exit(0)", ("completed",)),
    HostileCell(
        "closes everything",
        "import os\nfor k in range(64):\n    try: os.close(k)\n    except OSError: pass",
        ("died", "protocol"),
    ),
    HostileCell(
        "buries itself in folders",
        "import os\nfor k in range(500):\n    os.mkdir('d')\n    os.chdir('d')",
        (),
    ),
    HostileCell(
        "hooks into every cell",
        "def spoil(*_):\n    raise SystemExit\nget_ipython().events.register('pre_run_cell', spoil)\n"
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['1/0'])",
        (),
    ),
    HostileCell(
        "traces itself",
        "import sys\nsys.settrace(lambda *_: None)\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        (),
    ),
]

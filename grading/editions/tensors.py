"""Rewrites sentences and code about NumPy arrays for PyTorch tensors."""

from __future__ import annotations

import re

from grading.grades.grade import Diagnosis

# Things that PyTorch does not have, or has in another form.
_NUMPYS = re.compile(r"\bnp\.|\bastype\b|\bfloat32\b")
_ROW = r"\[[^\[\]]*\]"
_CODE = (
    (r"^import numpy as np$", "import torch\n\ntorch.set_default_dtype(torch.float64)"),
    (rf"np\.tile\(({_ROW}), \((\d+), 1\)\)", r"torch.tensor(\1).repeat(\2, 1)"),
    (rf"iter\(({_ROW})\)", r"iter(torch.tensor(\1))"),
    (r"\(1\.0, np\.zeros", "(torch.tensor(1.0), np.zeros"),
    (r"np\.random\.randn\b", "torch.randn"),
    (r"np\.array\b", "torch.tensor"),
    (r"np\.(arange|exp|eye|full|log|mean|ones|stack|sum|zeros|zeros_like)\b", r"torch.\1"),
    (r"\baxis=", "dim="),
    (r"\bkeepdims=", "keepdim="),
    (r"\.dot\(", ".mm("),
)
_WORDS = (
    (r"self\.W\b", "W"),
    (r"\bNumPy\b", "PyTorch"),
    (r"0\.001 \* np\.random\.randn\(D, C\)", "1e-6 * torch.randn(D, C)"),
    (r"np\.random\.choice\(num_train, batch_size\)", "torch.randint(num_train, (batch_size,))"),
    (r"np\.random\.choice draws", "torch.randint draws"),
    (r"np\.random\.choice\(X\.shape\[0\], batch_size\)", "torch.randint(X.shape[0], (batch_size,))"),
    (r"np\.random\.randint\(0, num_train, batch_size\)", "torch.randint(num_train, (batch_size,))"),
    (r"np\.maximum\(0, (\w+)\)", r"\1.clamp(min=0)"),
    (r"\[:, np\.newaxis\]", "[:, None]"),
    (r"np\.argmax\b", "torch.argmax"),
    (r"\.max\(axis=1, keepdims=True\)", ".max(dim=1, keepdim=True)[0]"),
    (r"\baxis (?=\d)", "dim "),
    (r"a numpy\.ndarray", "a tensor"),
)


def in_tensors(code: str) -> str:
    """Rewrite Python to paste so that it works with tensors."""
    for old, new in _CODE:
        code = re.sub(old, new, code, flags=re.MULTILINE)
    return code


def said_of_tensors(text: str) -> str:
    """Reword a sentence about arrays for tensors."""
    for old, new in (*_WORDS, *_CODE[1:]):
        text = re.sub(old, new, text)
    return text


def diagnosis_for_tensors(found: Diagnosis) -> Diagnosis | None:
    """Reword a mistake for tensors; drop its hint, or all of it, if these name something that only NumPy has."""
    title, hint = said_of_tensors(found.title), said_of_tensors(found.hint)
    if _NUMPYS.search(title):
        return None
    return Diagnosis(id=found.id, title=title, hint="" if _NUMPYS.search(hint) else hint)

"""Separates pasted pictures from Markdown: Colab writes them into the text, Jupyter attaches them."""

from __future__ import annotations

import hashlib
import re

_PICTURE = re.compile(r"data:image/([\w.+-]{1,20});base64,([A-Za-z0-9+/=]+)")


def set_apart(markdown: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The text with the name of each pasted picture in its place, and the pictures in Jupyter's form of attachments.

    A picture of 100,000 characters is not part of what somebody wrote, and would use up the space for the text.
    """
    attached: dict[str, dict[str, str]] = {}

    def named(found: re.Match[str]) -> str:
        name = f"pasted-{hashlib.sha256(found[2].encode()).hexdigest()[:12]}"
        attached[name] = {f"image/{found[1]}": found[2]}
        return f"attachment:{name}"

    return _PICTURE.sub(named, markdown), attached

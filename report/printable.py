"""Text of others as it may be shown: nothing in it acts on the terminal or the page that shows it."""

from __future__ import annotations

import re

# Control characters (escape sequences begin with one), bidirectional overrides, invisible spaces, lone surrogates.
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text with every character spelled out that would act on a terminal, or turn the order of what is read.

    Line breaks and tabs stay.
    """
    return ACTING.sub(lambda found: ascii(found.group())[1:-1], text)

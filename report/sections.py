"""A section of the self-test in a terminal: a line for each figure, those that miss their target marked."""

from __future__ import annotations

from collections.abc import Iterator

from verify.selftest.section import Section

MARKS = {True: "ok", False: "MISSED", None: ""}


def figure_lines(section: Section) -> Iterator[str]:
    """``ok     name: value (target: target)`` for each figure."""
    for figure in section.figures:
        wanted = f" (target: {figure.target})" if figure.target else ""
        yield f"{MARKS[figure.met]:<7}{figure.name}: {figure.value}{wanted}"

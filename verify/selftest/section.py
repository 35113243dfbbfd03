"""What one part of the self-test found, as plain data that every reader shows in the same way.

A part (mutation, error rates, faults, hostile input) yields a `Section`: figures, each with its target and
whether it is met, and tables with the details. `Selftest` is all of them with the circumstances, and its JSON is
the file ``selftest.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from theory.errors import InputError
from verify.export import packaged_schema, parse_json, write_text
from verify.plain import digest, plain

SCHEMA = "ntk-escape/selftest/1"
FILE_NAME = "selftest.json"


@dataclass(frozen=True)
class Figure:
    """One number that the self-test is judged by.

    Attributes:
        name: What was measured.
        value: What came out, as text: ``84 of 84``, ``97.3%``.
        target: What it has to be, as text; empty for a figure that is only reported.
        met: Whether it is; None for a figure that is only reported.
    """

    name: str
    value: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Table:
    """Rows of text under column heads.

    Attributes:
        title: What the rows are.
        columns: Heads of the columns.
        rows: Rows, each with one text for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise InputError(
                    given=f"a row of {len(row)} texts in the table {self.title!r}",
                    allowed=f"{len(self.columns)}, one for each column",
                    do="give every row one text for each column",
                )


@dataclass(frozen=True)
class Section:
    """What one part of the self-test found.

    Attributes:
        id: A short name in lower case: ``mutation``, ``rates``, ``faults``, ``hostile``.
        title: The heading.
        summary: One or two sentences: what was done, and what came out.
        figures: The figures.
        tables: The details.
        seconds: Wall time.
    """

    id: str
    title: str
    summary: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every figure with a target meets it."""
        return all(figure.met is not False for figure in self.figures)

    def to_json(self) -> dict[str, Any]:
        """The section as plain data."""
        return {
            "id": self.id,
            "title": self.title,
            "summary": self.summary,
            "passed": self.passed,
            "figures": [vars(figure) for figure in self.figures],
            "tables": [
                {
                    "title": table.title,
                    "columns": list(table.columns),
                    "rows": [list(row) for row in table.rows],
                }
                for table in self.tables
            ],
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Section:
        """The inverse of `to_json`."""
        return cls(
            id=data["id"],
            title=data["title"],
            summary=data["summary"],
            figures=tuple(Figure(**each) for each in data["figures"]),
            tables=tuple(
                Table(each["title"], tuple(each["columns"]), tuple(map(tuple, each["rows"])))
                for each in data["tables"]
            ),
            seconds=data["seconds"],
        )


@dataclass(frozen=True)
class Selftest:
    """A self-test: its sections and the circumstances.

    Attributes:
        sections: What each part found, in the order of the report.
        environment: `verify.environment.environment`, with the fingerprint of the code.
        seed: The seed of everything random in it.
        size: ``full``, or ``fast`` for the small one that continuous integration runs.
        started: When it began, ISO 8601 in UTC.
        seconds: Wall time of all of it.
    """

    sections: tuple[Section, ...]
    environment: Mapping[str, Any]
    seed: int
    size: str
    started: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every section passed; a self-test without sections tested nothing."""
        return bool(self.sections) and all(section.passed for section in self.sections)

    def to_json(self) -> dict[str, Any]:
        """The self-test as plain data."""
        data = {
            "schema": SCHEMA,
            "seed": self.seed,
            "size": self.size,
            "environment": dict(self.environment),
            "started": self.started,
            "seconds": self.seconds,
            "passed": self.passed,
            "sections": [section.to_json() for section in self.sections],
        }
        return {**data, "digest": digest(data)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Selftest:
        """The inverse of `to_json`."""
        return cls(
            sections=tuple(Section.from_json(each) for each in data["sections"]),
            environment=data["environment"],
            seed=data["seed"],
            size=data["size"],
            started=data["started"],
            seconds=data["seconds"],
        )


def write_selftest(selftest: Selftest, path: str | Path) -> None:
    """Write it as JSON: all of the file or, if that fails, nothing.

    Raises:
        InputError: If the file cannot be written.
    """
    data = plain(selftest.to_json(), place="selftest")
    write_text(Path(path), json.dumps(data, sort_keys=True, indent=2, allow_nan=False) + "\n")


def read_selftest(path: str | Path) -> Selftest:
    """Read what `write_selftest` wrote.

    Raises:
        InputError: If it is missing, no JSON, does not fit the schema, or was damaged or edited.
    """
    source = Path(path)
    data = parse_json(source)
    error = best_match(Draft202012Validator(packaged_schema("selftest.schema.json")).iter_errors(data))
    selftest = None if error else Selftest.from_json(data)
    if selftest is None or selftest.to_json() != data:
        problem = error.message[:300] if error else "its digest or its verdicts do not fit its figures"
        raise InputError(
            given=f"{source}: {problem}",
            allowed="a file as `ntk-escape selftest` wrote it",
            do="run `ntk-escape selftest` again",
        )
    return selftest

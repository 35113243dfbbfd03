"""One self-contained HTML page for a run: opens offline, runs no script, loads nothing.

Every string of the results is escaped by the template engine; formulas pass through `report.math` and figures
through `report.figures`, which build their own markup.
"""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from report.figures import describe, figure_svg
from report.math import prose, typeset
from report.view import ClaimView, report_view
from report.wording import SYMBOLS
from theory.errors import InputError
from verify.run import Run


def render(run: Run) -> str:
    """The page for a run, as text."""
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(typeset=typeset, prose=prose, symbol=_symbol)
    view = report_view(run)
    figures = {claim.id: _figures(claim, k) for k, claim in enumerate((*view.claims, *view.controls))}
    return environment.get_template("page.html.j2").render(view=view, figures=figures, style=Markup(_style()))


def write_html(run: Run, path: str | Path) -> Path:
    """Write the page for a run to a file, all of it or nothing, and return the file's path.

    Raises:
        InputError: If the file cannot be written.
    """
    target = Path(path)
    page = render(run)
    draft = target.with_name(target.name + ".part")
    try:
        draft.write_text(page, encoding="utf-8", errors="replace")
        os.replace(draft, target)
    except OSError as error:
        raise InputError(
            given=f"{target}, which cannot be written ({error.strerror or error})",
            allowed="a path in a writable folder with free space",
            do="choose another path, or free space or permissions",
        ) from error
    return target


def _figures(claim: ClaimView, number: int) -> list[tuple[str, str, Markup]]:
    """``(caption, description, svg)`` of each figure of a claim."""
    return [
        (name, describe(series), Markup(figure_svg(series, prefix=f"f{number}-{k}")))
        for k, (name, series) in enumerate(claim.figures)
    ]


def _style() -> str:
    return (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


def _symbol(name: str) -> str:
    return SYMBOLS.get(name, "")

"""One self-contained HTML page for a run: opens offline, runs no script, loads nothing.

Every string of the results is escaped by the template engine; formulas pass through `report.math` and figures
through `report.figures`, which build their own markup.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from report.figures import describe, figure_svg
from report.math import prose, typeset
from report.printable import printable
from report.view import ClaimView, report_view
from report.wording import SYMBOLS
from verify.export import write_text
from verify.run import Run
from verify.selftest.section import Selftest


def render(run: Run, selftest: Selftest | None = None) -> str:
    """The page for a run, as text, with what a self-test of the suite found where there was one."""
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(typeset=typeset, prose=prose, symbol=_symbol)
    view = report_view(run)
    figures = {claim.id: _figures(claim, k) for k, claim in enumerate((*view.claims, *view.controls))}
    return environment.get_template("page.html.j2").render(
        view=view,
        figures=figures,
        style=Markup(_style()),
        selftest=selftest,
        fingerprint=run.environment.get("fingerprint"),
    )


def write_html(run: Run, path: str | Path, selftest: Selftest | None = None) -> Path:
    """Write the page for a run to a file, all of it or nothing, and return the file's path.

    Args:
        run: The run.
        path: The file.
        selftest: What a self-test of the suite found, for a section of its own.

    Raises:
        InputError: If the file cannot be written.
    """
    target = Path(path)
    page = render(run, selftest)
    write_text(target, page.encode("utf-8", "replace").decode("utf-8"))
    return target


def _figures(claim: ClaimView, number: int) -> list[tuple[str, str, Markup]]:
    """``(caption, description, svg)`` of each figure of a claim."""
    return [
        (name, describe(series), Markup(figure_svg(series, prefix=f"f{number}-{k}")))
        for k, (name, series) in enumerate(claim.figures)
    ]


def _shown(value: object) -> object:
    """What a value of the results is in the page: without characters that act on the reader's screen."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _style() -> str:
    return (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


def _symbol(name: str) -> str:
    return SYMBOLS.get(name, "")

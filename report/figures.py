"""Curves and bar charts as SVG that goes inline into a page.

A figure is all `Series` of one name. Text is drawn as outlines, so the page needs no fonts; colours become CSS
variables, so one drawing serves light, dark and print; markers, dashes and hatches tell series apart without
colour. The same series give the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from report.printable import printable
from verify.evidence import Series

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

# Okabe and Ito's palette: distinct under every common colour blindness, and of different lightness in grey.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6a5acd", "#7f7f7f")
_MARKERS = "osD^vPX*"
_DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (1, 1)),
    (0, (8, 2)),
    (0, (3, 3)),
)
_HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")
_UNAVOIDABLE = "Glyph .* missing|constrained_layout|overflow|invalid value|divide by zero"
_INK, _GRID = "#0a0b0c", "#0d0e0f"  # stand-ins in the drawing for the page's text and rule colours
_CSS = {
    _INK: "currentColor",
    _GRID: "var(--rule)",
    **{colour: f"var(--series-{k + 1})" for k, colour in enumerate(PALETTE)},
}
_STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "ntk-escape",
    "font.size": 9.0,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.prop_cycle": cycler(color=[_INK]),
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "path.simplify_threshold": 0.5,
}
_LEGEND = 92  # letters in a row of the legend; each entry has a handle of about six
_MOST_TICKS = 6  # of abscissae that are ticks themselves; more of them would touch
_MOST_MARKERS = 24  # a curve with more points is drawn without a marker on each


def figure_svg(series: Sequence[Series], *, prefix: str) -> str:
    """One figure as an ``<svg>`` element.

    Args:
        series: What to draw; text abscissae make a bar chart. Points that are not finite, or not positive on a
            logarithmic axis, are left out.
        prefix: Put before every id inside, so that several figures can share a page.
    """
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # Letters that no font here has, labels without room, numbers at the edge of the range of floats: all are
        # drawn as well as they can be, and whoever runs the command can do nothing about them.
        warnings.filterwarnings("ignore", message=_UNAVOIDABLE)
        figure = draw(series)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _for_page(buffer.getvalue(), prefix)


def draw(series: Sequence[Series]) -> Figure:
    """The same figure as a matplotlib object, for other formats."""
    labels = list(dict.fromkeys(each.label for each in series if each.label))
    columns = max(1, min(3, _LEGEND // (max(map(len, labels), default=0) + 6)))
    rows = math.ceil(len(labels) / columns)
    figure = Figure(figsize=(6.4, 3.6 + 0.18 * max(0, rows - 2)), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    bars = any(isinstance(x, str) for each in series for x in each.x)
    if bars:
        _bars(axes, series)
    else:
        _lines(axes, series)
    axes.set_xlabel(_label(next((each.x_label for each in series if each.x_label), "")))
    axes.set_ylabel(_label(next((each.y_label for each in series if each.y_label), "")))
    if bars and len(labels) == 1:
        axes.set_title(
            _label(labels[0]), loc="left", fontsize=9
        )  # a legend would show one bar's look for all
    elif labels:
        figure.legend(loc="outside upper left", ncols=columns)
    return figure


def describe(series: Sequence[Series]) -> str:
    """What a figure shows, in words, for readers who do not see it."""
    kind = "Bar chart" if any(isinstance(x, str) for each in series for x in each.x) else "Line plot"
    parts = []
    for each in series:
        finite = [y for y in each.y if math.isfinite(y)]
        reach = f" from {min(finite):.3g} to {max(finite):.3g}" if finite else " without finite values"
        parts.append(f"{each.label or each.figure}: {len(each.y)} points{reach}")
    return f"{kind}. " + "; ".join(parts)


def _lines(axes: Axes, series: Sequence[Series]) -> None:
    log = "".join(each.log for each in series)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    for k, each in enumerate(series):
        points = _drawable(each, log)
        style = k % len(PALETTE)
        few = len(points) <= _MOST_MARKERS
        axes.errorbar(
            [x for x, *_ in points],
            [y for _, y, *_ in points],
            yerr=[[low for *_, low, _ in points], [high for *_, high in points]] if each.lower else None,
            label=_label(each.label) or "data",
            color=PALETTE[style],
            linestyle=_DASHES[style],
            linewidth=1.6,
            marker=_MARKERS[style] if few else "",
            markersize=4.5,
            capsize=2.5,
        )
    _ticks(axes, series, log)


def _ticks(axes: Axes, series: Sequence[Series], log: str) -> None:
    """Plain numbers on logarithmic axes of up to two decades, and ticks at the abscissae if they are few."""
    x = sorted({float(x) for each in series for x in each.x})
    if "x" in log and 0 < x[0] and len(x) <= _MOST_TICKS and all(b > 1.2 * a for a, b in pairwise(x)):
        axes.set_xticks(x, [f"{value:g}" for value in x])
        axes.set_xticks([], minor=True)
    elif "x" in log:
        _plain(axes.xaxis, axes.get_xlim())
    if "y" in log:
        _plain(axes.yaxis, axes.get_ylim())


def _plain(axis: Axis, reach: tuple[float, float]) -> None:
    if reach[0] > 0 and reach[1] / reach[0] < 100:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())


def _drawable(series: Series, log: str) -> list[tuple[float, float, float, float]]:
    """Points ``(x, y, below, above)`` that the axes can show."""
    lower, upper = series.lower or series.y, series.upper or series.y
    points = []
    for x, y, low, high in zip(series.x, series.y, lower, upper, strict=False):
        at = float(x)
        shown = math.isfinite(at) and math.isfinite(y)
        if not shown or ("x" in log and at <= 0) or ("y" in log and y <= 0):
            continue
        below, above = max(y - low, 0.0), max(high - y, 0.0)
        if "y" in log:
            below = min(below, 0.999 * y)  # an error bar that reaches zero ends below the axes
        points.append((at, y, below if math.isfinite(below) else 0.0, above if math.isfinite(above) else 0.0))
    return points


def _bars(axes: Axes, series: Sequence[Series]) -> None:
    """Grouped bars, one group for each text; a single row of bars gets a look for each bar."""
    rows = _rows(series)
    names = list(dict.fromkeys(str(x) for each in series for x in each.x))
    width = 0.8 / max(len(rows), 1.6)
    for k, each in enumerate(rows):
        at = tuple(names.index(str(x)) + (k - (len(rows) - 1) / 2) * width for x in each.x)
        points = _drawable(replace(each, x=at), "")
        looks = range(len(points)) if len(rows) == 1 else [k] * len(points)
        bars = axes.bar(
            [x for x, *_ in points],
            [y for _, y, *_ in points],
            width * 0.92,
            yerr=[[low for *_, low, _ in points], [high for *_, high in points]] if each.lower else None,
            label=_label(each.label) or "data",
            color=[PALETTE[look % len(PALETTE)] for look in looks],
            edgecolor=_INK,
            linewidth=0.8,
            ecolor=_INK,
            capsize=3,
        )
        for bar, look in zip(bars, looks, strict=True):
            bar.set_hatch(_HATCHES[look % len(_HATCHES)])
    axes.set_xticks(range(len(names)), [_label(name) for name in names])
    axes.grid(False, axis="x")
    if "y" in "".join(each.log for each in series):
        axes.set_yscale("log")


def _rows(series: Sequence[Series]) -> list[Series]:
    """Bars by label: series of one label, from several checks say, are one row of bars."""
    rows: dict[str, Series] = {}
    for each in series:
        before = rows.get(each.label)
        if before is None:
            rows[each.label] = each
            continue
        bars_known = bool(before.lower) == bool(each.lower)
        rows[each.label] = replace(
            before,
            x=before.x + each.x,
            y=before.y + each.y,
            lower=before.lower + each.lower if bars_known else (),
            upper=before.upper + each.upper if bars_known else (),
        )
    return list(rows.values())


def _label(text: str) -> str:
    """The text with its maths where mathtext can set it, and with literal dollars where it cannot."""
    text = printable(text)
    if "$" in text:
        with suppress(Exception):  # mathtext raises whatever its grammar does on input it does not know
            MathTextParser("path").parse(text)
            return text
    return text.replace("$", r"\$")


def _for_page(svg: str, prefix: str) -> str:
    """The drawing without its file header, with ids of its own, and with the page's colours."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'((?:xlink:)?href="|url\()#', rf"\g<1>#{prefix}-", body)
    for colour, css in _CSS.items():
        body = body.replace(colour, css)
    body = re.sub(r"<svg ", '<svg role="img" focusable="false" ', body, count=1)
    return re.sub(r"\n\s*", "\n", body).strip()

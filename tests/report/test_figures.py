"""Figures: valid SVG, one style for all, safe ids and labels, robust against odd numbers."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from report.figures import PALETTE, describe, draw, figure_svg
from verify.evidence import Series

SVG = "{http://www.w3.org/2000/svg}"
LINE = Series(
    "f", "$f_Q$", (64, 256, 1024), (1.0, 1.1, 1.0), (0.8, 1.0, 0.9), (1.1, 1.3, 1.1), "$m$", "size", "xy"
)
BARS = Series("b", "error", ("NTK", "network"), (0.45, 0.126), (0.4, 0.1), (0.5, 0.15), "", "test error")


def tree_of(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


@pytest.mark.parametrize("series", [[LINE], [BARS], [LINE, LINE], [BARS, BARS]])
def test_the_drawing_is_a_labelled_image_with_own_ids(series: list[Series]) -> None:
    text = figure_svg(series, prefix="f3")
    tree = tree_of(text)
    assert tree.tag == SVG + "svg" and tree.get("role") == "img"
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(set(ids)) == len(ids) and all(str(each).startswith("f3-") for each in ids)
    references = re.findall(r'(?:href="|url\()#([^")]+)', text)
    assert references and set(references) <= set(ids)


def test_text_is_outlines_and_colours_are_the_pages() -> None:
    text = figure_svg([LINE, LINE], prefix="f") + figure_svg([BARS], prefix="g")
    assert not re.search("<(text|style|metadata)[ >]", text)
    assert "var(--series-1)" in text and "currentColor" in text and "var(--rule)" in text
    assert re.findall(r"#[0-9a-fA-F]{6}", text) == []
    assert "<!--" not in text


def test_series_differ_by_more_than_colour() -> None:
    lines = draw([LINE, LINE, LINE]).axes[0].get_lines()
    main = [line for line in lines if line.get_linestyle() != "None"]
    assert len({line.get_marker() for line in main}) == 3
    assert len({str(line.get_linestyle()) for line in main}) == 3
    rows = [replace(BARS, label=label) for label in "abc"]
    bars = draw(rows).axes[0].patches
    assert [bar.get_hatch() for bar in bars[::2]] == [bar.get_hatch() for bar in bars[1::2]]
    assert len({bar.get_hatch() for bar in bars}) == 3
    assert len({bar.get_hatch() for bar in draw([BARS]).axes[0].patches}) == 2


def test_bars_of_one_label_are_one_row() -> None:
    """Three checks give one bar each: they stand over their names, side by side, with their own errors."""
    parts = [
        replace(BARS, x=(x,), y=(y,), lower=(y - 0.01,), upper=(y + 0.02,))
        for x, y in (("a", 1.0), ("b", 2.0))
    ]
    axes = draw(parts).axes[0]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert centres == pytest.approx([0.0, 1.0]) and [bar.get_height() for bar in axes.patches] == [1.0, 2.0]
    assert axes.get_title(loc="left") == "error" and not axes.figure.legends


def test_points_and_error_bars_are_where_the_data_are() -> None:
    axes = draw([LINE]).axes[0]
    assert axes.get_xscale() == "log" and axes.get_yscale() == "log"
    assert list(axes.get_lines()[0].get_xdata()) == [64, 256, 1024]
    assert list(axes.get_lines()[0].get_ydata()) == [1.0, 1.1, 1.0]
    caps = [list(line.get_ydata()) for line in axes.get_lines()[1:]]
    assert caps == [pytest.approx([0.8, 1.0, 0.9]), pytest.approx([1.1, 1.3, 1.1])]
    bars = draw([BARS]).axes[0]
    assert [bar.get_height() for bar in bars.patches] == [0.45, 0.126]
    assert [label.get_text() for label in bars.get_xticklabels()] == ["NTK", "network"]


def test_one_set_of_series_gives_one_text() -> None:
    assert figure_svg([LINE, LINE], prefix="f") == figure_svg([LINE, LINE], prefix="f")


@pytest.mark.parametrize(
    "series",
    [
        Series("f", "<script>&\"'", (1, 2), (1, 2), x_label="$\\bad{$", y_label="5$ & <b>"),
        Series("f", "--> <!-- ]]>", ("<a>", "$"), (1, 2)),
        Series("f", "nan", (1, 2, 3), (math.nan, math.inf, 1.0), log="xy"),
        Series(
            "f", "not positive", (0, 1, 2), (-1.0, 0.0, 1.0), (-2.0, -1.0, -3.0), (1.0, 1.0, 2.0), log="xy"
        ),
        Series("f", "nothing left", (1, 2), (-1.0, 0.0), log="y"),
        Series("f", "empty", (), ()),
        Series("f", "", (1,), (1.0,)),
        Series("f", "flat", (1, 1), (2.0, 2.0)),
    ],
)
def test_odd_labels_and_numbers_still_draw(series: Series) -> None:
    tree = tree_of(figure_svg([series], prefix="f"))
    assert {node.tag.removeprefix(SVG) for node in tree.iter()} <= {
        "svg",
        "g",
        "path",
        "defs",
        "use",
        "clipPath",
        "rect",
        "pattern",
    }


def test_more_series_than_colours() -> None:
    tree_of(figure_svg([LINE] * (len(PALETTE) + 2), prefix="f"))


def test_the_description_says_what_is_seen() -> None:
    assert describe([LINE]) == "Line plot. $f_Q$: 3 points from 1 to 1.1"
    assert describe([BARS]).startswith("Bar chart. error: 2 points from 0.126 to 0.45")


def test_logarithmic_axes_of_few_decades_have_plain_numbers_at_the_abscissae() -> None:
    short = Series("f", "risk", (20.0, 40.0, 80.0), (0.1, 0.5, 3.0), log="xy")
    (axes,) = draw([short]).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["20", "40", "80"]
    assert {label.get_text() for label in axes.get_yticklabels()} >= {"0.1", "0.5", "2"}
    long = Series("f", "risk", (1.0, 1e6), (1e-9, 1.0), log="xy")
    (axes,) = draw([long]).axes
    assert any("10^{" in label.get_text() for label in axes.get_yticklabels())


def test_a_long_legend_makes_the_figure_taller_instead_of_the_axes_shorter() -> None:
    few, many = (
        draw([Series("f", f"a label of middling length {k}", (1.0, 2.0), (1.0, 2.0)) for k in range(count)])
        for count in (2, 8)
    )
    assert many.get_figheight() > few.get_figheight()
    for figure in (few, many):
        figure.draw_without_rendering()
    height = [figure.axes[0].get_position().height * figure.get_figheight() for figure in (few, many)]
    assert height[1] > 0.85 * height[0]

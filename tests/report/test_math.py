"""LaTeX to MathML: right markup for what the claims use, escaped source for the rest, never foreign markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.math import LONGEST, prose, typeset

M = "{http://www.w3.org/1998/Math/MathML}"


@pytest.mark.parametrize(
    "latex",
    [
        r"\lvert f-f_L-f_Q\rvert \le \frac{M_3}{6\sqrt m}\sum_r |w_r\cdot x|^3",
        r"\mathbb{E}_S f_L(x;W\odot S)^2 = \frac1m \sum_{r=1}^{m} \sigma'(w_{0,r}\cdot x)^2 (w_r\cdot x)^2",
        r"\begin{aligned} a &= b \\ c &\le d \end{aligned}",
        r"\begin{cases} 1 & j \ge 1 \\ 0 & \text{otherwise} \end{cases}",
        r"\binom{d+k-1}{k}, \quad \operatorname{tr}(\Sigma), \quad \lVert W \rVert_{2,4}^8, \quad P_{\le}, P_{>}",
        r"\sup_{z\in\mathbb{R}} |\sigma^{(j)}(z)| < \infty, \qquad a < b \land b > c",
        r"\nabla R_4 = 8 \Bigl(\sum_s \|w_s\|^4\Bigr) \|w_r\|^2 w_r",
        r"\mathcal{L}_\lambda, \; \hat f, \; \overline{W}, \; x^\top \Sigma x \to \infty",
        r"\left\langle u, v \right\rangle",
    ],
)
def test_what_claims_use_is_typeset(latex: str) -> None:
    tree = ElementTree.fromstring(str(typeset(latex)))
    assert tree.tag == M + "math" and tree.get("alttext") == latex
    assert len(list(tree.iter())) > 5
    assert "\\" not in "".join(tree.itertext()) and "&" not in "".join(tree.itertext())


def test_a_fraction_is_a_fraction_in_the_right_order() -> None:
    tree = ElementTree.fromstring(str(typeset(r"\frac{M_3}{6}")))
    fraction = tree.find(f".//{M}mfrac")
    assert fraction is not None
    assert ["".join(part.itertext()) for part in fraction] == ["M3", "6"]


@pytest.mark.parametrize(
    ("latex", "readable"),
    [
        (r"\text{<script>alert(1)</script>}", "<script>alert(1)</script>"),
        (r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}", "<script>alert(1)</script>"),
        (r"\href{javascript:alert(1)}{x}", "x"),
        (r"\style{background:url(http://e.example)}{x}", "x"),
        ("a < b & c \x00\x1b", "a<b&c"),
    ],
)
def test_hostile_formulas_stay_text(latex: str, readable: str) -> None:
    tree = ElementTree.fromstring(str(typeset(latex)))
    assert "".join(tree.itertext()).replace("\u2061", "") == readable
    attributes = {name for node in tree.iter() for name in node.attrib}
    assert not attributes & {"href", "style", "class", "onclick"}
    assert {node.tag for node in tree.iter()} <= {M + tag for tag in ("math", "mrow", "mi", "mo", "mtext")}


@pytest.mark.parametrize(
    "latex", [r"\frac{1}{", r"\unknowncommand{x}", "", "}", r"\left(", "x" * (LONGEST + 1)]
)
def test_what_cannot_be_typeset_is_shown_as_source_or_left_empty(latex: str) -> None:
    shown = str(typeset(latex))
    ElementTree.fromstring(shown)
    assert shown.startswith(("<code", "<math"))
    if latex.startswith("\\frac"):
        assert shown == r'<code class="tex">\frac{1}{</code>'
    assert len(shown) < LONGEST + 200


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(r"\{}$&<>%^_~#'\"ab1 ") | st.characters(), max_size=25))
def test_any_text_gives_well_formed_markup(text: str) -> None:
    ElementTree.fromstring(f"<p>{prose(text)}</p>")
    ElementTree.fromstring(str(typeset(text)))


def test_prose_typesets_between_dollars_only() -> None:
    shown = str(prose("for <b> and $x < y$, price 5$"))
    assert shown.startswith("for &lt;b&gt; and <math") and shown.endswith(", price 5$")
    assert 'display="inline"' in shown

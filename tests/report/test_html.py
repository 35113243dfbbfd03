"""The page: structure, completeness, safety against hostile results, nothing loaded from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from report import html
from report.evidence import MOST_FOLDED, MOST_ROWS
from theory.errors import InputError
from verify.run import ClaimResult, Run, kind_of

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)><!--&amp;{{ 7*7 }}$\\text{<b>}$"
VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}
FOREIGN = {"path", "use", "rect", "mspace", "stop"}  # SVG and MathML elements that may close themselves


@dataclass
class Page(HTMLParser):
    """What a browser would build of the page, as far as the tests care."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: set[str] = field(default_factory=set)
    ids: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    articles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        values = dict(attrs)
        self.attributes |= set(values)
        if "id" in values:
            self.ids.append(str(values["id"]))
        for name in ("href", "src", "xlink:href", "action", "data", "poster", "srcset"):
            if name in values:
                self.references.append(str(values[name]))
        if tag == "article":
            self.articles[str(values["id"])] = ""
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-3:]}"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if "article" in self.stack:
            last = next(reversed(self.articles))
            self.articles[last] += f"{data} "

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.stack == []
    return page


@pytest.fixture(scope="module")
def page_text(run: Run) -> str:
    return html.render(run)


def test_every_claim_has_its_section_with_all_that_is_known(run: Run, page_text: str) -> None:
    page = parse(page_text)
    for each in run.claims:
        section = page.articles[each.claim["id"]]
        assert each.own.value in section
        assert each.claim["title"].split("$")[0].strip() in section
        assert each.claim["source"] in section
        assert f"ntk-escape verify {each.claim['id']} --profile quick --seed 0" in section
        for result in each.results:
            head = f"{result.evidence.outcome.value} {kind_of(result, each.claim).value} {result.check}"
            assert head in " ".join(section.split())
            assert f"seed {result.seed}" in section
    control = page.articles["taylor.remainder-halved"]
    assert "Planted fault:" in control and "as it must be" in control
    assert "alpha 1e-6" in page.articles["taylor.scale"] and "power 0.99" in page.articles["taylor.scale"]


def test_the_first_screen_says_what_holds_and_what_does_not(page_text: str) -> None:
    page = parse(page_text)
    head = page.text[: page.text.index("Evidence, claim by claim")]
    assert "4 of 9 claims hold; 1 REFUTED, 1 ERROR, 1 UNDECIDED, 1 VACUOUS, 1 SKIPPED" in head
    assert "1 of 1 controls REFUTED" in head
    assert "rests on sphere.wrong, not established in this run" in head
    assert "Coq is not installed" in head
    for name, value in (("profile", "quick"), ("seed", "0"), ("computing time", "41.5 s")):
        assert f"{name} {value}" in head
    assert "false alarms at most 1e-6 of runs (1 statistical check)" in head


def test_links_resolve_and_ids_are_unique(page_text: str) -> None:
    page = parse(page_text)
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []
    assert page.references
    for reference in page.references:
        assert reference.startswith("#") and reference[1:] in page.ids, reference


def test_dependencies_are_shown_both_ways(page_text: str) -> None:
    page = parse(page_text)
    assert "Rests on taylor.remainder" in " ".join(page.articles["taylor.scale"].split())
    used = " ".join(page.articles["taylor.remainder"].split())
    assert "Used by taylor.scale" in used and "Controls taylor.remainder-halved" in used
    assert "Falsifies taylor.remainder" in " ".join(page.articles["taylor.remainder-halved"].split())


def test_nothing_is_loaded_and_nothing_runs(page_text: str) -> None:
    page = parse(page_text)
    assert not set(page.tags) & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert set(re.findall(r"https?://[\w.]+", page_text)) <= {"http://www.w3.org"}  # names of XML namespaces
    assert not re.search(r"@import|url\((?!#)", page_text)
    assert "default-src 'none'" in page_text


def test_a_listing_stands_as_it_is_line_by_line(page_text: str) -> None:
    section = page_text.split('<article id="sphere.absent"', 1)[1].split("</article>", 1)[0]
    assert '<pre tabindex="0">forall n : nat,\n  n &lt; S n </pre>' in section


def test_hostile_results_add_no_markup(page_text: str, make_run: Callable[[str], Run]) -> None:
    good, bad = parse(page_text), parse(html.render(make_run(HOSTILE)))
    # The code element is the fallback for what cannot be typeset; everything else must be in the good page.
    assert set(bad.tags) - set(good.tags) <= {"code", "pre", "details", "summary", "mtext"}
    assert bad.attributes - good.attributes == set()
    assert bad.text.count("<script>alert(1)</script>") > 5  # still there to be read, as text
    assert "{{ 7*7 }}" in bad.text


@pytest.mark.parametrize("part", ["id", "statement", "source", "fault", "bound", "depends_on", "assumptions"])
def test_hostile_strings_in_the_claim_itself(run: Run, part: str) -> None:
    first, *rest = run.claims
    value = [HOSTILE] if isinstance(first.claim[part], list) else HOSTILE
    poisoned = replace(run, claims=(replace(first, claim={**first.claim, part: value}), *rest))
    page = parse(html.render(poisoned))
    assert page.tags["script"] == 0 and page.tags["img"] == 0
    assert not [name for name in page.attributes if name.startswith("on")]


def test_same_run_same_bytes(make_run: Callable[[str], Run]) -> None:
    assert html.render(make_run("")) == html.render(make_run(""))


def test_long_tables_are_folded_and_then_left_to_the_json(run: Run) -> None:
    def rows_of(count: int) -> list[str]:
        claim = run.claims[0]
        result = claim.results[1]
        many = (result.evidence.comparisons * (count // len(result.evidence.comparisons) + 1))[:count]
        longer = replace(result, evidence=replace(result.evidence, comparisons=many))
        only = ClaimResult(claim.claim, claim.own, claim.propagated, (longer,))
        return html.render(replace(run, claims=(only,))).split("<details>")

    visible, folded = rows_of(40)
    assert visible.count("✓ HOLDS</td>") == MOST_ROWS and folded.count("✓ HOLDS</td>") == 40 - MOST_ROWS
    many = "".join(rows_of(1000))
    assert many.count("✓ HOLDS</td>") == MOST_ROWS + MOST_FOLDED
    assert f"{1000 - MOST_ROWS - MOST_FOLDED} further comparisons are in results.json" in many


def test_an_interrupted_run_says_so(run: Run) -> None:
    assert "The run was interrupted" in parse(html.render(replace(run, complete=False))).text


def test_a_run_without_claims_or_controls_renders(run: Run) -> None:
    page = parse(html.render(replace(run, claims=())))
    assert "No claim was selected" in page.text and "This run has no controls" in page.text


def test_writing_is_all_or_nothing(run: Run, tmp_path: Path) -> None:
    target = html.write_html(run, tmp_path / "report.html")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert target.read_text(encoding="utf-8") == html.render(run)
    with pytest.raises(InputError, match="cannot be written"):
        html.write_html(run, target / "report.html")  # a file where a folder should be


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(scheme: str) -> None:
    """WCAG 2.1 AA: 4.5 to 1 for text, 3 to 1 for the lines of figures."""
    style = (Path(html.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))
    for name in ("ink", "soft", "link", "good", "bad", "open"):
        assert _contrast(colours[name], colours["paper"]) >= 4.5, name
        assert _contrast(colours[name], colours["panel"]) >= 4.5, name
    for name in [each[: -len("-back")] for each in colours if each.endswith("-back")]:
        assert _contrast(colours[f"{name}-ink"], colours[f"{name}-back"]) >= 4.5, name
    for k in range(1, 9):
        floor = (
            3.0 if scheme == "dark" else 2.0
        )  # in the light, every bar has an outline and every line a marker
        assert _contrast(colours[f"series-{k}"], colours["paper"]) >= floor, k


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)

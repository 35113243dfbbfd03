r"""LaTeX to MathML, safe to put into a page.

Every string here may come from a results file that somebody else wrote, so the converted tree is rebuilt from
a list of known elements and attributes and serialized with escaping; nothing else gets through. What cannot
be converted is shown as its escaped source.

Example:
    >>> str(typeset(r"a < b", block=False))[:5]
    '<math'
    >>> str(prose("for <b>, $x$"))[:14]
    'for &lt;b&gt;,'
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

from report.printable import ACTING

LONGEST = 4000
"""Sources longer than this many characters are shown as source: nobody reads such a formula typeset."""

_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msub msup msubsup munder mover munderover mfrac msqrt mroot mstyle "
    "mtable mtr mtd mpadded mphantom mmultiscripts mprescripts none menclose".split()
)
_ATTRIBUTES = {
    "accent": r"true|false",
    "columnalign": r"[a-z ]+",
    "columnspacing": r"[\w. ]+",
    "depth": r"[\w.+-]+",
    "displaystyle": r"true|false",
    "fence": r"true|false",
    "form": r"prefix|infix|postfix",
    "height": r"[\w.+-]+",
    "linethickness": r"[\w.]+",
    "lspace": r"[\w.+-]+",
    "mathvariant": r"normal",
    "maxsize": r"[\w.]+",
    "minsize": r"[\w.]+",
    "movablelimits": r"true|false",
    "notation": r"[a-z ]+",
    "rowspacing": r"[\w. ]+",
    "rspace": r"[\w.+-]+",
    "scriptlevel": r"[+-]?\d",
    "separator": r"true|false",
    "stretchy": r"true|false",
    "symmetric": r"true|false",
    "voffset": r"[\w.+-]+",
    "width": r"[\w.+-]+",
}
_PRIMES = re.compile("[″‴⁗]")  # most fonts have none of these at a readable size
_INLINE = re.compile(r"\$([^$]+)\$")
# A lone bar would be spaced like an operator between two terms; here it always encloses something.
_BARS = {"|", "‖"}
# Spellings that the converter does not know, and the ones that it knows for the same thing.
_SPELLINGS = (("{aligned}", "{align*}"), ("\\operatorname*", "\\operatorname"), ("\\dfrac", "\\frac"))


@lru_cache(maxsize=4096)
def typeset(latex: str, *, block: bool = True) -> Markup:
    """MathML for a formula, or its escaped source where it cannot be converted.

    Args:
        latex: The formula, without dollars.
        block: Displayed on a line of its own, or inline.
    """
    source = ACTING.sub("", latex)
    if len(source) > LONGEST:
        return _source(source)
    known = source
    for spelling, replacement in _SPELLINGS:
        known = known.replace(spelling, replacement)
    try:
        tree = convert_to_element(known, display="block" if block else "inline")
    except (Exception, RecursionError):  # the converter raises many types on input it does not know
        return _source(source)
    if any("\\" in (node.text or "") for node in tree.iter() if node.tag != "mtext"):
        return _source(source)  # an unknown command came through as text
    clean = _rebuild(tree)
    clean.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    clean.set("display", "block" if block else "inline")
    clean.set("alttext", source)
    return Markup(tostring(clean, encoding="unicode"))


def prose(text: str) -> Markup:
    """Escaped text in which every ``$…$`` is typeset inline; an unpaired dollar stays a dollar."""
    text = ACTING.sub("", text)
    parts: list[Markup] = []
    position = 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[position : found.start()]), typeset(found.group(1), block=False)]
        position = found.end()
    return Markup("").join([*parts, escape(text[position:])])


def _primes(found: re.Match[str]) -> str:
    return "′" * ("″‴⁗".index(found.group()) + 2)


def _source(latex: str) -> Markup:
    shown = latex if len(latex) <= LONGEST else latex[:LONGEST] + " …"
    return Markup('<code class="tex">{}</code>').format(shown)


def _rebuild(node: Element) -> Element:
    """The same tree with only known elements and attributes; character references become characters."""
    tag = node.tag if node.tag in _ELEMENTS else "mrow"
    clean = Element(tag)
    for name, value in node.attrib.items():
        if name in _ATTRIBUTES and re.fullmatch(_ATTRIBUTES[name], value):
            clean.set(name, value)
    clean.text = _PRIMES.sub(_primes, ACTING.sub("", html.unescape(node.text))) if node.text else None
    if tag == "mo" and clean.text in _BARS and "form" not in clean.attrib:
        clean.attrib.update(stretchy="false", lspace="0", rspace="0")
    clean.extend(_rebuild(child) for child in node)
    return clean

"""Hypothesis strategies for hostile text: formulas of the grammar, some damaged, and runs with values replaced."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from verify.selftest.hostile_run import signed

_FUNCTIONS = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "atan", "erf", "sigmoid")
_LEAVES = (
    "z",
    "z",
    "z",
    "0",
    "1",
    "2",
    "1/2",
    "0.37",
    "1e9",
    "1e-30",
    "400",
    "pi",
    "e",
    "(-z)",
    "-z",
    "999999999",
)
_LETTERS = "z()+-*/^., 0123456789eEpisncotahxqrtglmfu[]_'\"\\\n\x00\u0455\uff11\u200b\ud800"


def formulas() -> st.SearchStrategy[str]:
    """Text for the parser: of the grammar, damaged, from its letters, or anything."""
    numbers = st.one_of(st.integers(-(10**40), 10**40).map(str), st.floats(allow_nan=True).map(str))
    leaves = st.one_of(st.sampled_from(_LEAVES), st.sampled_from(_LEAVES), numbers)
    valid = st.recursive(leaves, _larger, max_leaves=40)
    return st.one_of(
        valid,
        valid,
        damaged(valid),
        st.text(_LETTERS, max_size=80),
        st.text(max_size=200),
        valid.flatmap(_repeated),
    )


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    calls = st.builds("{}({})".format, st.sampled_from(_FUNCTIONS), inner)
    operations = st.builds(
        "({}){}({})".format, inner, st.sampled_from(["+", "-", "*", "/", "**", "^"]), inner
    )
    plain = st.builds("{}{}{}".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner)
    return st.one_of(calls, operations, plain)


def _repeated(text: str) -> st.SearchStrategy[str]:
    """The formula many times over: the limits on length and work are what is tried."""
    ways = (
        lambda n: "*".join([f"({text})"] * n),
        lambda n: "+".join([f"({text})"] * n),
        lambda n: "**".join([f"({text})"] * n),
        lambda n: "(" * n + text + ")" * n,
        lambda n: "sin(" * n + text + ")" * n,
        lambda n: f"({text})**{n}",
    )
    return st.builds(lambda way, n: way(n)[:1100], st.sampled_from(ways), st.integers(1, 400))


def damaged(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The texts with one place cut out, doubled or overwritten."""

    def damage(text: str, at: int, length: int, other: str) -> str:
        start = at % (len(text) + 1)
        return text[:start] + other + text[start + length :]

    return st.builds(damage, texts, st.integers(0, 200), st.integers(0, 5), st.text(_LETTERS, max_size=3))


def changes(valid: dict[str, Any]) -> st.SearchStrategy[str]:
    """Files of a run: up to three values replaced and the digest made to fit, or the text damaged."""
    places = [place for place in _places(valid) if place]
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**400, -(10**309), 2**63]),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(["nan", "inf", "HOLDS", "PROVED", "quick", "exact", "a.b", "a.b\n"]),
    )
    values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=5)
    choices = st.lists(st.tuples(st.sampled_from(places), values), min_size=1, max_size=3)
    text = json.dumps(valid)
    return st.one_of(
        choices.map(lambda chosen: _put(valid, chosen)),
        choices.map(lambda chosen: _put(valid, chosen)),
        damaged(st.just(text)),
        st.text(max_size=100),
    )


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.text(max_size=5), inner, max_size=3)


def _places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place, *(each for key, value in items for each in _places(value, (*place, key)))]


def _put(valid: dict[str, Any], chosen: list[tuple[tuple[Any, ...], Any]]) -> str:
    changed: Any = copy.deepcopy(valid)
    for place, value in chosen:
        inside = changed
        try:
            for step in place[:-1]:
                inside = inside[step]
            inside[place[-1]] = value
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    return json.dumps(signed(changed))

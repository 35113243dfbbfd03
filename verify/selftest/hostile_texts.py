"""Hostile texts: formulas, options of the command, and settings of a training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verify.selftest.hostile_case import ACCEPTED, EITHER, REFUSED, Case

MARKER = "MARKER"
"""Stands in texts for the path of the file that must never appear."""

_CODE = (
    "__import__('os').system('touch MARKER')",
    "z.__class__.__mro__[1].__subclasses__()",
    "().__class__.__bases__[0]",
    "(lambda: open('MARKER','w'))()",
    "[open('MARKER','w') for z in (1,)]",
    'f\'{open("MARKER","w")}\'',
    "(z := open('MARKER', 'w'))",
    "exec(open('MARKER','w'))",
    "eval('z')",
    "sin.__globals__",
    "z if z else open('MARKER','w')",
    "z; import os",
    "@z",
    "`touch MARKER`",
    "$(touch MARKER)",
    "z' ; touch MARKER ; '",
    "Symbol('z')",
    "sympify('z')",
    "Function('f')(z)",
    "oo",
    "zoo*z",
    "nan",
    "inf",
    "I*z",
    "True",
    "None",
    "Integral(z, z)",
    "factorial(z)",
    "z!",
    "gamma(z)",
    "z). Qed. Axiom a : False. (* ",
    "z (* comment *)",
    "z). Require Import Extraction. (*",
    "\\input{/etc/passwd}",
    "{{ 7*7 }}",
    "%s%n%x",
)
_LARGE = (
    "9**9**9",
    "9**(9**9)",
    "exp(exp(exp(exp(9))))*z",
    "z**(10**9)",
    "z**(10**400)",
    "((((z**9)**9)**9)**9)**9",
    "2**(2**(2**(2**(2**9))))",
    "10**10**10*z",
    "1e400*z",
    "1e-400*z",
    "1e999999999999*z",
    "9" * 4400,
    "0." + "9" * 900,
    "1/" + "9" * 900 + "*z",
    "z" * 1_000_000,
    "(" * 100_000 + "z" + ")" * 100_000,
    "-" * 100_000 + "z",
    "sin(" * 300 + "z" + ")" * 300,
    "**".join(["z"] * 300),
    "*".join(["(1+z)**9"] * 100),
    "(" + "+".join(f"z**{i}" for i in range(150)) + ")**100",
    "+".join(f"sqrt({10**8 + 7 * i})" for i in range(60)) + "+z",
    "exp(exp(exp(exp(exp(exp(z))))))",
    "sqrt(1+" * 59 + "z" + ")" * 59,
    "sin(10**9*pi/7)*z",
    "0.123456789012345678901234567**97*z",
)
_LETTERS = (
    "",
    " ",
    "\n",
    "z\x00",
    "\x00",
    "\ud800",
    "z+\udfff",
    "\u0435xp(z)",  # Cyrillic е
    "\u0455in(z)",
    "\uff5a",  # full-width z
    "\uff11*z",
    "z\u00b2",
    "z\u2212" + "1",
    "z\u00d7z",
    "\u03c0*z",
    "\u200bz",
    "z\u200d",
    "\u202ez",
    "z\ufeff",
    "\u2460*z",
    "\u0661*z",  # Arabic-Indic one: a digit for str.isdigit
    "\U0001d467",
    "\ufb01",
    "\u017fin(z)",  # long s, s under NFKC
    "\u212az",
    "z\u00a0+1",
    "z\u2028+1",
    "z\x0c+1",
    "z # comment",
    "z // comment",
    "\x1b[31mz",
    "z\x07",
    "z\r\n+1",
    "z\\",
    '"z"',
    "z,z",
)
# Accepted as formulas, but SymPy's work on them has no end in sight.
_ENDLESS = (
    "+".join(f"sin({i}*z)" for i in range(1, 80)),
    "*".join(f"sin({i}*z)" for i in range(1, 60)),
    "z**399/(1+z**400)",
    "sqrt(1+" * 30 + "z**2" + ")" * 30,
    "tanh(sin(z/399)*cos(z/397))",
    "tanh(z)**400",
    "sin(sin(sin(sin(sin(sin(sin(sin(z))))))))",
    "sigmoid(sigmoid(sigmoid(sigmoid(z**7))))",
    "exp(-(z**400))",
)
_NUMBERS = (
    "0",
    "-1",
    "nan",
    "inf",
    "1e400",
    "",
    "x",
    "1" + "0" * 12,
    "1" + "0" * 400,
    "9" * 5000,
    "\x1b[31m",
    "１",
)
_SIZES = ("k", "d", "n", "m", "R", "steps", "seed", "n-unlabeled", "lr", "momentum", "lambda", "threads")
_SMALL = ["--d", "5", "--n", "8", "--m", "4", "--steps", "1", "--fresh", "--out", "small"]


def expressions() -> Iterator[Case]:
    """Formulas for the parser; one that it accepts goes on to Coq's printer and to the tree of the trainer."""
    for text in (*_CODE, *_LARGE, *_LETTERS):
        yield Case("expression", _named(text), "expression", text, REFUSED if text in _CODE else EITHER)
    yield Case("expression", "an honest one", "expression", "tanh(z + 1/2)", ACCEPTED)


def endless(*, fast: bool) -> Iterator[Case]:
    """Formulas whose derivations would take for ever: --limit must end them."""
    for text in _ENDLESS[:2] if fast else _ENDLESS:
        yield Case(
            "time limit", _named(text), "command", ["derive", "--activation", text, "--limit", "1"], seconds=3
        )
    for k, d, must in (
        ("1", "1" + "0" * 9, EITHER),
        ("1000", "1000", EITHER),
        ("1", "1" + "0" * 400, REFUSED),
    ):
        arguments = ["derive", "--activation", "tanh(z+1/2)", "--k", k, "--d", d, "--limit", "1"]
        yield Case("time limit", f"k={k:.12}, d={d:.12}", "command", arguments, must, 3)
    # An option with a limit of its own that no argument lowers.
    yield Case("time limit", "--limit nan", "command", ["derive", "--limit", "nan"], REFUSED)
    yield Case("time limit", "--limit 1e9", "command", ["derive", "--limit", "1000000000"], REFUSED)


def commands(*, fast: bool) -> Iterator[Case]:
    """Arguments of the subcommands."""
    texts = (*_CODE, *_LETTERS)
    for text in texts[::6] if fast else texts:
        if "\x00" not in text:  # which no argument of a process can hold
            for name in ("derive", "train"):
                arguments = [name, "--activation", text, *(_SMALL if name == "train" else ())]
                yield Case("command", f"{name} {_named(text)}", "command", arguments, EITHER, 10)
    for name in _SIZES:
        for value in _NUMBERS[::3] if fast else _NUMBERS:
            arguments = ["train", *_SMALL, f"--{name}", value]
            yield Case("command", f"train --{name} {_named(value)}", "command", arguments, EITHER)
    yield from _sizes()
    for pattern in (
        "[" * 100_000,
        "*a" * 2000,
        "../../etc/passwd",
        "\x1b]0;title\x07",
        "\udcff",
        "[!a-",
        "x" * 250,
    ):
        yield Case("command", f"list {_named(pattern)}", "command", ["list", pattern], REFUSED)
        yield Case("command", f"verify {_named(pattern)}", "command", ["verify", pattern], REFUSED)
    for path in ("/dev/zero", "/dev/stdin", "/", "no\x1bsuch", "x" * 5000, "fifo"):
        yield Case("command", f"report {_named(path)}", "command", ["report", path], REFUSED)
    yield Case("command", "unknown option", "command", ["list", "--\x1b[31m"], REFUSED)
    yield Case("command", "unknown command", "command", ["\x1b[31m"], REFUSED)


def _sizes() -> Iterator[Case]:
    """Sizes that no machine has the memory or the time for: refused with an estimate, before anything starts."""
    huge = "1" + "0" * 12
    for arguments in (
        ["train", "--m", huge],
        ["train", "--d", huge],
        ["train", "--n", huge],
        ["train", "--d", "1000000", "--k", "900000"],
        ["train", "--n-unlabeled", huge],
        ["train", "--threads", "1000000000"],
        ["sweep", "separation", "--d", huge],
        ["sweep", "separation", "--seeds", "1000000000"],
        ["sweep", "separation", "--jobs", "1000000000"],
        ["sweep", "separation", "--k", "900000000"],
        ["sweep", "sample-complexity", "--d", huge],
        ["sweep", "separation", "--model", "__import__('os')"],
        ["verify", "--jobs", "1000000000", "sphere.moments"],
        ["verify", "--seed", "9" * 5000],
    ):
        yield Case("size", " ".join(arguments)[:60], "command", arguments, REFUSED)


def settings() -> Iterator[Case]:
    """Each setting of a training at each wrong value."""
    values: tuple[Any, ...] = (
        None,
        True,
        -1,
        0,
        1e308,
        10**12,
        10**400,
        "1",
        "",
        [],
        {},
        [[1]],
        "nan",
        "\x1b[31m",
        {"z": []},
    )
    names = (*"kdnmR", "lambda_", "activation", "loss", "model", "optimizer", "steps", "step_rule", "lr")
    more = (
        "momentum",
        "start_radius",
        "noise_radius",
        "gradient_threshold",
        "noise_interval",
        "seed",
        "dtype",
    )
    last = ("n_test", "n_held", "n_unlabeled", "hessian", "__class__", "no such")
    for name in (*names, *more, *last):
        for value in values:
            yield Case("setting", f"{name} = {_named(repr(value))}", "config", {name: value})
        for value in ("nan", "inf"):  # as Python's own numbers, which JSON does not have
            yield Case("setting", f"{name} = float {value}", "config_float", [name, value])
    deep: object = ["z"]
    for _ in range(5000):
        deep = ["sin", deep]
    wrong: tuple[Any, ...] = (
        ["os.system", ["z"]],
        ["pow", ["z"]],
        ["rational", 1, 0],
        ["rational", "1", 2],
        [],
        [[]],
    )
    for tree in wrong:
        yield Case("setting", f"activation = {_named(str(tree))}", "config", {"activation": tree})
    yield Case("setting", "activation = sin(sin(…)), 5000 deep", "config", {"activation": deep}, REFUSED)


def _named(text: str) -> str:
    """A short printable name of a text."""
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= 40 else f"{shown[:30]}… ({len(text)} characters)"

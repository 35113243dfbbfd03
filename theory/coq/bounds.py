"""Proof scripts for bounds on the whole line: |sigma^(j)(z)| <= M for all real z.

Contract: `bound_goal` states  forall z : R, Rabs (g z) <= M  for the raw expression g and the rational M, and
writes a proof by the first method that applies:

    letter    g is a rational function of tanh(u) alone, or of exp(u) alone by s = 1/(1 + exp(u)): bound it for
              the letter in [-1, 1] or [0, 1], by interval arithmetic with bisection
    direct    interval arithmetic on the whole line at once, with sin, cos, tanh and erf in [-1, 1]
    period    z occurs only in sin and cos with commensurable rates: bound g on one period
    line      a finite part by interval arithmetic with bisection, erf by a polynomial with a proved error; beyond
              it the tails of `theory.coq.tails`

`candidates` gives bounds slightly above a supremum, smallest first. A proof that fails says nothing about M.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy
from flint import arb

from theory.arithmetic import UndecidedError, compile_arb, working_precision
from theory.coq.goals import MARK, Goal
from theory.coq.letters import Alphabet, Elementary, elementary, same
from theory.coq.printer import Term, coq, term, text
from theory.coq.tails import PRECISION, STARTS, Tails, ball_of
from theory.errors import InputError

FACTORS = tuple(sympy.Rational(f) for f in ("1.0001", "1.001", "1.01", "1.1", "2"))


@dataclass(frozen=True)
class Candidate:
    """A bound to try: at most `factor` times the supremum, but for its rounding to five digits."""

    bound: sympy.Rational
    factor: sympy.Rational


def candidates(supremum: arb) -> Iterator[Candidate]:
    """Bounds above a supremum, as short decimals rounded upwards, the smallest first."""
    for factor in FACTORS:
        yield Candidate(_rounded_up(supremum, factor), factor)


def bound_goal(name: str, g: sympy.Expr, bound: sympy.Rational, variable: Any, *, order: int = 1) -> Goal:
    """State and script that |g| <= bound on the whole line.

    Args:
        name: Name of the theorem.
        g: The function, exact.
        bound: The bound, rational.
        variable: The symbol of g.
        order: For the words only: g is called sigma with `order` marks.

    Raises:
        InputError: If a part of g has no form in Coq, or the bound is no rational number.
        UndecidedError: If no method applies.
    """
    if not isinstance(bound, sympy.Rational):
        raise InputError(given=f"the bound {bound}", allowed="a rational number", do="round it upwards")
    reasons = []
    for method in (_letter, _direct, _period, _line):
        try:
            script = method(g, bound, variable)
        except UndecidedError as reason:
            reasons.append(str(reason))
            continue
        return Goal(
            name,
            f"forall z : R, Rabs ({coq(g, variable)}) <= {_decimal_fraction(bound)}",
            "\n".join(["  intros z.", *script]),
            f"|sigma{MARK * order}| is at most {_decimal(bound)} on the whole line",
        )
    raise UndecidedError("; ".join(dict.fromkeys(reasons)))


def _letter(g: sympy.Expr, bound: sympy.Rational, variable: Any) -> list[str]:
    """One bounded letter holds the variable."""
    hyperbolic = g.atoms(sympy.tanh)
    letter = sympy.Dummy("t")
    if len(hyperbolic) == 1:
        (node,) = hyperbolic
        if variable not in g.xreplace({node: letter}).free_symbols:
            u = coq(node.args[0], variable)
            return [
                f"  generalize (tanh_range ({u})); generalize (tanh ({u})); intros t T.",
                _bisect("t"),
            ]
    plain = elementary(g, variable)
    alphabet = Alphabet(plain.expr, variable)
    moving = {core: e for core, e in alphabet.exponential.items() if variable in core.free_symbols}
    if len(moving) != 1:
        raise UndecidedError("it is no function of a single exponential")
    ((core, e),) = moving.items()
    fraction = alphabet.rational(plain.expr)
    if (
        any(variable in meaning.free_symbols for meaning in alphabet.opaque)
        or variable in fraction.free_symbols
    ):
        raise UndecidedError("it is no function of a single exponential")
    exponent = alphabet.steps[core] * core
    form = _factored(fraction.subs(e, 1 / letter - 1))
    if sympy.fraction(form)[1].subs(letter, 0) == 0 or sympy.fraction(form)[1].subs(letter, 1) == 0:
        raise UndecidedError("it is no bounded function of a single exponential")
    form = alphabet.decode(form)
    logistic = _logistic_term(exponent, variable)
    return [
        *same(
            g,
            form,
            variable,
            start=plain.sentences,
            letters={letter: logistic},
            meanings={letter: 1 / (1 + sympy.exp(exponent))},
        ),
        f"  generalize (logistic_range ({coq(exponent, variable)})); generalize ({text(logistic)}); intros s S.",
        _bisect("s"),
    ]


def _direct(g: sympy.Expr, bound: sympy.Rational, variable: Any) -> list[str]:
    """Every part is bounded by itself."""
    swaps: dict[Any, Any] = {}
    # An outer one goes before those inside of it, which do not stand there any more once they are letters.
    bounded = g.atoms(sympy.sin, sympy.cos, sympy.tanh, sympy.erf)
    for node in sorted(bounded, key=lambda node: (-sympy.count_ops(node), str(node))):
        swaps[node] = sympy.Dummy()
    flat = g.xreplace(swaps)
    if variable in flat.free_symbols:
        raise UndecidedError("the variable occurs outside of bounded functions")
    with working_precision(PRECISION):
        ball = compile_arb(flat, list(swaps.values()), prec=PRECISION)(*(arb(0, 1) for _ in swaps))
        if not ball.is_finite() or not abs(ball) <= ball_of(bound) * arb(0.999999):
            raise UndecidedError("the ranges of its parts are too wide for the bound")
    lines = []
    for i, node in enumerate(swaps):
        if node.func in (sympy.tanh, sympy.erf):
            shown, argument = coq(node, variable), coq(node.args[0], variable)
            name = node.func.__name__
            lines.append(f"  generalize ({name}_range ({argument})); generalize ({shown}); intros h{i} H{i}.")
    return [*lines, "  interval with (i_prec 60)."]


def _period(g: sympy.Expr, bound: sympy.Rational, variable: Any) -> list[str]:
    """One period is the whole line."""
    nodes = sorted(g.atoms(sympy.sin, sympy.cos), key=str)
    rates = [sympy.diff(node.args[0], variable) for node in nodes]
    constant = [rate != 0 and variable not in rate.free_symbols for rate in rates]
    pairs = [(node, rate) for node, rate, is_so in zip(nodes, rates, constant, strict=True) if is_so]
    bare = g.xreplace({node: sympy.Dummy() for node, _ in pairs})
    if not pairs or variable in bare.free_symbols:
        raise UndecidedError("it is no function of sin and cos of linear arguments alone")
    ratios = [rate / pairs[0][1] for _, rate in pairs]
    if not all(ratio.is_Rational for ratio in ratios):
        raise UndecidedError("its rates have no common period")
    common = sympy.Rational(
        reduce(sympy.igcd, [abs(r.p) for r in ratios]), reduce(sympy.ilcm, [r.q for r in ratios])
    )
    period = 2 * sympy.pi / (sympy.Abs(pairs[0][1]) * common)
    shown = coq(period, variable)
    y = sympy.Dummy("y")
    lines = [
        f"  destruct (whole_periods ({shown}) z) as [n N]; [sign |].",
        f"  assert (Z : z = (z - IZR n * ({shown})) + IZR n * ({shown})) by ring.",
        f"  revert N Z; generalize (z - IZR n * ({shown})); intros y N Z.",
    ]
    for i, (node, rate) in enumerate(pairs):
        turns = sympy.simplify(rate * period / (2 * sympy.pi))
        moved = coq(node.xreplace({variable: y}), variable, {y: ("name", "y")})
        lines.append(
            f"  assert (S{i} : {coq(node, variable)} = {moved}) by (apply ({node.func.__name__}_equal "
            f"({turns} * n)%Z); rewrite mult_IZR, Z; settle); rewrite ?S{i}; clear S{i}."
        )
    return [*lines, "  clear Z.", _bisect("y")]


def _line(g: sympy.Expr, bound: sympy.Rational, variable: Any) -> list[str]:
    """A finite part and two tails."""
    plain = elementary(g, variable)
    tails = Tails(g, plain, variable)
    starts, scripts = [], []
    for side in (-1, 1):
        start, script = _first_start(tails, side, bound)
        starts.append(start)
        scripts.append(script)
    left, right = starts
    return [
        f"  destruct (Rle_lt_dec z (- {left})) as [U | L]; [| destruct (Rle_lt_dec {right} z) as [U | U]].",
        "  {",
        *(f"  {line}" for line in scripts[0]),
        "  }",
        "  {",
        *(f"  {line}" for line in scripts[1]),
        "  }",
        f"  assert (I : - {left} <= z <= {right}) by lra; clear L U.",
        *_finite(g, plain, variable, left, right),
    ]


def _first_start(tails: Tails, side: int, bound: sympy.Rational) -> tuple[int, list[str]]:
    reason = UndecidedError("")
    for start in STARTS:
        try:
            return start, tails.script(side, start, bound)
        except UndecidedError as error:
            reason = error
    raise reason


def _finite(g: sympy.Expr, plain: Elementary, variable: Any, left: int, right: int) -> list[str]:
    """The bound for -left <= z <= right, the hypothesis I."""
    alphabet = Alphabet(plain.expr, variable)
    fraction = alphabet.rational(plain.expr)
    letter = sympy.Dummy("s")
    below = sympy.fraction(fraction)[1]
    moving = [
        core for core, e in alphabet.exponential.items() if below.has(e) and variable in core.free_symbols
    ]
    shown: dict[Any, Term] = {}
    meanings: dict[Any, Any] = {}
    if len(moving) == 1:
        # The logistic letter keeps large exponentials from meeting each other in a quotient.
        exponent = alphabet.steps[moving[0]] * moving[0]
        fraction = fraction.subs(alphabet.exponential[moving[0]], 1 / letter - 1)
        shown[letter] = _logistic_term(exponent, variable)
        meanings[letter] = 1 / (1 + sympy.exp(exponent))
    form = alphabet.decode(_factored(fraction))
    lines = same(g, form, variable, start=plain.sentences, letters=shown, meanings=meanings)
    with working_precision(PRECISION):
        box = arb(-left).union(arb(right))
        for i, node in enumerate(sorted(form.atoms(sympy.erf), key=str)):
            size = compile_arb(node.args[0], [variable], prec=PRECISION)(box).abs_upper()
            radius = _rounded_up(size, sympy.Rational(1001, 1000))
            argument, name = coq(node.args[0], variable), f"h{i}"
            terms, error = _erf_terms(radius)
            lines += [
                f"  destruct (erf_within {terms} ({coq(radius, variable)}) ({coq(error, variable)}) ({argument}))"
                f" as [{name} [H{i} V{i}]];",
                "    [interval with (i_prec 60) | numerals; interval with (i_prec 60) |].",
                f"  rewrite V{i}; clear V{i}; numerals.",
            ]
    return [*lines, _bisect("z")]


def _erf_terms(radius: sympy.Rational) -> tuple[int, sympy.Rational]:
    """How many terms of the series of erf leave an error of 1e-6 up to this radius."""
    error = sympy.Rational(1, 10**6)
    rest = 2 * radius**3
    for n in range(200):
        if rest < error / 2:
            return n, error
        rest = rest * 2 * radius**2 / (2 * n + 3)
    raise UndecidedError("an error function of a large argument")


def _bisect(letter: str) -> str:
    return f"  interval with (i_prec 60, i_bisect {letter}, i_autodiff {letter}, i_depth 40)."


def _logistic_term(exponent: sympy.Expr, variable: Any) -> Term:
    return ("inv", ("add", ("num", 1), term(sympy.exp(exponent, evaluate=False), variable)))


def _factored(fraction: sympy.Expr) -> sympy.Expr:
    return sympy.factor(sympy.cancel(sympy.together(fraction)))


def _rounded_up(size: arb, factor: sympy.Rational) -> sympy.Rational:
    """A decimal of five digits that is at least factor times the size."""
    with working_precision(PRECISION):
        top = (size * ball_of(factor)).upper()
        if not top.is_finite():
            raise UndecidedError("a supremum that is not finite")
        mantissa, exponent = top.man_exp()
    exact = sympy.Rational(int(mantissa)) * sympy.Rational(2) ** int(exponent)
    if exact <= 0:
        return sympy.Integer(0)
    scale = sympy.Rational(10) ** (4 - math.floor(math.log10(exact)))
    return sympy.ceiling(exact * scale) / scale


def _decimal_fraction(value: sympy.Rational) -> str:
    """A number over a power of ten, where it is one."""
    if value.is_Integer:
        return str(value)
    digits = next((k for k in range(40) if (value * 10**k).is_Integer), None)
    return f"{value.p} / {value.q}" if digits is None else f"{value * 10**digits} / {10**digits}"


def _decimal(value: sympy.Rational) -> str:
    return format(float(value), ".6g")

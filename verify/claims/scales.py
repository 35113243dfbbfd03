"""Claims on how f_L, f_Q and the remainder scale with the width m at ‖w_r‖ = B m^{-1/4}.

The exponents are derived symbolically and measured: log-log slopes over independent networks. A measured
exponent counts as equal to the claimed one when its whole confidence interval lies within ``BAND`` of it; the
band is half the distance between neighbouring multiples of 1/4, the finest grid on which these exponents lie.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from theory import expansion, signs
from training.activation import activation
from training.network import initialise
from training.sphere import generator, sample_sphere
from verify.bound import compare, rate
from verify.claim import Check, Claim, Context, derive_seed
from verify.claims.indexed import prover, spot_check
from verify.claims.powers import rates
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import exact
from verify.statistics import slope_interval
from verify.verdict import Kind, Outcome

PAPER = "the scaling of Bai and Lee 2020 and Nichani, Bai, Lee 2022"
BAND = 0.125
WIDTHS = (256, 1024, 4096, 16384)
DIMENSION, POINTS, SIZE = 10, 100, 2.0
MOVEMENT = (
    r"$w_r = B\,m^{-1/4}\,\beta_{a_r}$ with two fixed orthonormal directions $\beta_{+1}, \beta_{-1}$, "
    r"one for each sign of $a_r$"
)
SIGNED = r"$w_r = B\,m^{-1/4}\,S_r\,\beta_{a_r}$ with independent fair signs $S_r$"


def derived_exponent(context: Context, *, part: str, claimed: str) -> Evidence:
    """The power of m that SymPy takes out of the sum, and the proof that what is left is a mean over neurons."""
    pair, prefactor = {
        "f_L": lambda: expansion.scaled_term(order=1),
        "f_Q": lambda: expansion.scaled_term(order=2),
        "remainder": lambda: expansion.scaled_remainder(),
        "signed f_L": signs.linear_scale,
    }[part]()
    rules = signs.SIGN_RULES if part == "signed f_L" else expansion.RULES
    proof = prove([Identity(part, *pair)], seed=context.seed, prover=prover(rules), spot_check=spot_check())
    if proof.outcome is not Outcome.HOLDS:
        return proof
    exponent = expansion.width_exponent(prefactor)
    comparison = compare(f"exponent of {part}", rate(claimed), exact(exponent), exact(claimed))
    return from_comparisons([comparison], derivation=proof.derivation)


def measured_exponent(context: Context, *, part: str, claimed: str) -> Evidence:
    """Slope of log RMS over log m, one slope per independent network, as a Student interval."""
    replicates = context.pick(32, 64, 128)
    table = np.empty((replicates, len(WIDTHS)))
    for row in range(replicates):
        for column, width in enumerate(WIDTHS):
            table[row, column] = _size(part, width, derive_seed(context.seed, f"{row} {width}"))
        context.progress(row + 1, replicates)
    slope = slope_interval(WIDTHS, table, alpha=context.alpha)
    comparison = compare(
        f"log-log slope of the RMS of {part}",
        rate(claimed),
        slope,
        exact(claimed),
        resolution=BAND,
        reason="half the distance to the next multiple of 1/4",
        parameters={"d": DIMENSION, "widths": list(WIDTHS), "networks": replicates},
    )
    means = np.exp(np.log(table).mean(axis=0))
    quantiles = np.quantile(table, (0.05, 0.95), axis=0)
    series = Series(
        "width-scaling",
        part,
        tuple(float(width) for width in WIDTHS),
        tuple(float(each) for each in means),
        lower=tuple(float(each) for each in quantiles[0]),
        upper=tuple(float(each) for each in quantiles[1]),
        x_label="width $m$",
        y_label="root mean square over inputs",
        log="xy",
    )
    # A wrong exponent differs by 1/4 or more.
    return from_comparisons([comparison], error_rates=rates(context, [comparison], BAND), series=(series,))


def _size(part: str, width: int, seed: int) -> float:
    """Root mean square of one part over random inputs, for one random network."""
    network = initialise(width, DIMENSION, activation("sincos"), seed=seed)
    X = sample_sphere(POINTS, DIMENSION, radius=DIMENSION**0.5, generator=generator(seed, "data"))
    directions = torch.eye(DIMENSION, dtype=torch.float64)[:2]
    W = SIZE * width**-0.25 * directions[(network.a < 0).long()]
    if part == "signed f_L":
        coin = torch.randint(0, 2, (width, 1), generator=generator(seed, "random signs"))
        W = W * (2 * coin - 1)
    on = network.on(X)
    values: Tensor
    if part in ("f_L", "signed f_L"):
        values = on.f_L(W)
    elif part == "f_Q":
        values = on.f_Q(W)
    else:
        values = on.f(W) - on.f_L(W) - on.f_Q(W)
    return float(values.square().mean().sqrt())


def _scale(slug: str, title: str, part: str, symbol: str, exponent: str, movement: str) -> Claim:
    return Claim(
        id=f"scales.{slug}",
        title=title,
        statement=rf"{symbol} = \Theta\!\left(m^{{{exponent}}}\right) \text{{ at }} \|w_r\| = B\,m^{{-1/4}}",
        bound=rate(exponent),
        source=PAPER,
        assumptions=(movement, "Θ is the root mean square over inputs"),
        depends_on=("taylor.linear-term", "taylor.quadratic-term", "taylor.remainder"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(derived_exponent, part=part, claimed=exponent),
                scope="power of m in front of a mean over neurons, every m and d (of the remainder's bound for the "
                "remainder); the mean's limit is not proved",
            ),
            Check(
                Kind.STATISTICAL,
                partial(measured_exponent, part=part, claimed=exponent),
                scope=f"sin + cos, d = {DIMENSION}, m = {WIDTHS[0]}…{WIDTHS[-1]}",
            ),
        ),
    )


def _control(slug: str, title: str, part: str, of: str, wrong: str, fault: str) -> Claim:
    return Claim(
        id=f"control.{slug}",
        title=title,
        statement=rf"\text{{exponent }} {wrong}",
        bound=rate(wrong),
        source="control",
        control_of=f"scales.{of}",
        fault=fault,
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(measured_exponent, part=part, claimed=wrong),
                scope=f"sin + cos, d = {DIMENSION}, m = {WIDTHS[0]}…{WIDTHS[-1]}",
            ),
        ),
    )


CLAIMS = (
    _scale("aligned-linear", "Aligned movement: f_L grows", "f_L", r"f_L", "1/4", MOVEMENT),
    _scale("aligned-quadratic", "Aligned movement: f_Q stays", "f_Q", r"f_Q", "0", MOVEMENT),
    _scale(
        "aligned-remainder",
        "Aligned movement: the rest vanishes",
        "remainder",
        r"f - f_L - f_Q",
        "-1/4",
        MOVEMENT,
    ),
    _scale("signed-linear", "Random signs: f_L vanishes", "signed f_L", r"f_L", "-1/4", SIGNED),
    _control(
        "scale-linear",
        "Aligned f_L claimed to stay bounded",
        "f_L",
        "aligned-linear",
        "0",
        "exponent 0 for 1/4",
    ),
    _control(
        "scale-signed",
        "f_L under random signs claimed to stay of order one",
        "signed f_L",
        "signed-linear",
        "0",
        "exponent 0 for -1/4",
    ),
)

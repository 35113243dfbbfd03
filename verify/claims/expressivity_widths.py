r"""Claims on the explicit movement W* = W_L + W_Q⊙S in networks of growing width: what it misses.

Every point is an independent network with its own target, inputs and signs. P_≤ comes from the exact moments of
degree ≤ k, as in the objective.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
import torch
from torch import Tensor

from training.activation import activation
from training.expressivity import joint_movement, quadratic_movement, random_signs
from training.expressivity_linear import linear_movement, linear_part
from training.expressivity_profile import profile
from training.loss import loss
from training.moments import MomentDirections, moment_directions
from training.network import Network, initialise
from training.sphere import generator, sample_sphere
from training.target import Ridge, Target, make_target
from verify.bound import UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.expressivity import ADMISSIBLE, PAPER, bent_part
from verify.claims.expressivity_movements import signs_are_fair
from verify.claims.powers import REASONS, Array, curve, line, power_law, rates
from verify.claims.quadrature import rule
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import exact
from verify.statistics import slope_interval
from verify.verdict import Kind

POINTS = 64
ERROR = {"x_label": "width $m$", "y_label": "root mean square error over inputs"}
WIDTHS, WIDER = (256, 2048, 8192), (1024, 4096, 16384, 65536)
WIDTH_SCOPE = "m = 256, 2048, 8192 (full: 1024, 4096, 16384, 65536)"
DRAWS = 8  # of the signs, for each network: a mean over them has a tame logarithm


@dataclass(frozen=True)
class Case:
    """One family of problems: activation, degree, dimension, sparse directions."""

    activation: str
    k: int
    d: int
    R: int

    @property
    def label(self) -> str:
        """The case in words."""
        return f"{self.activation}, k = {self.k}, d = {self.d}, R = {self.R}"


POINTWISE = (
    Case("sincos", 1, 10, 1),
    Case("sincos", 2, 15, 1),
    Case("sincos", 3, 5, 2),
    Case("tanh-shift", 1, 8, 1),
    Case("tanh-shift", 2, 8, 3),
    Case("softplus-shift", 1, 8, 2),
    Case("softplus-shift", 2, 8, 3),
)
JOINT = (
    Case("sincos", 1, 10, 1),
    Case("sincos", 2, 15, 1),
    Case("tanh-shift", 1, 8, 1),
    Case("softplus-shift", 1, 8, 2),
)
Measure = Callable[[Network, Target, Tensor, int], list[float]]


def pointwise(
    context: Context, *, claimed: str = "-1/2", cases: tuple[Case, ...] = POINTWISE, replicates: int = 64
) -> Evidence:
    """RMS of f_Q(x; W_Q) - Σ α_i (β_i·x)² p(β_i·x) and of f_L(x; W_L) - g(x), over m."""
    widths = context.pick(WIDTHS, full=WIDER)

    def errors(network: Network, target: Target, X: Tensor, seed: int) -> list[float]:
        h = profile(network.activation, target.d, target.k)
        on, stated = network.on(X), bent_part(target, X, h)
        W_L = linear_movement(target, moment_directions(network, target.k, budget=0))
        g = sum((ridge(X) for ridge in linear_part(target, h.rest)), torch.zeros_like(stated))
        return [_rms(on.f_Q(quadratic_movement(network, target)) - stated), _rms(on.f_L(W_L) - g)]

    comparisons, series = [], []
    alpha = context.alpha / (2 * len(cases))
    for case in cases:
        quadratic, linear = over_cases(context, case, widths, replicates, errors, 2)
        for part, table in (("f_Q", quadratic), ("f_L", linear)):
            label = f"the error of {part}, {case.label}"
            comparisons.append(power_law(label, widths, table, claimed, band=0.25, alpha=alpha))
        series.append(curve("expressivity-pointwise", f"f_Q, {case.label}", widths, quadratic, **ERROR))
        if case.activation == "sincos" and case.k == 2:
            stated = [_quadratic_error(case) * m**-0.5 for m in widths]
            series.append(_theory("expressivity-pointwise", case, widths, stated))
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.25), series=tuple(series))


def joint(
    context: Context,
    *,
    signed: bool = True,
    claimed: str = "-1/4",
    cases: tuple[Case, ...] = JOINT,
    replicates: int = 40,
) -> Evidence:
    """RMS of f(x; W*) - f*(x), full network, over m (its square is the squared loss), and the loss log cosh."""
    widths = context.pick(WIDTHS, full=WIDER)

    def errors(network: Network, target: Target, X: Tensor, seed: int) -> list[float]:
        directions = moment_directions(network, target.k, budget=0)
        y, on = target(X), network.on(X)
        z = [on.f(W) for W in movements_of(network, target, directions, seed, signed)]
        logcosh = torch.stack([loss("logcosh").value(y, each) for each in z])
        return [_rms(torch.stack(z) - y), float(logcosh.mean())]

    comparisons, series = [], []
    alpha, twice = context.alpha / (2 * len(cases)), str(2 * Fraction(claimed))
    for case in cases:
        error, logcosh = over_cases(context, case, widths, replicates, errors, 2)
        for what, table, exponent, band in (
            ("the error of f", error, claimed, 0.125),
            ("L(W*) - L(f*), log cosh", logcosh, twice, 0.25),
        ):
            comparisons.append(at_least(f"{what}, {case.label}", widths, table, exponent, band, alpha))
        series.append(curve("expressivity-error", f"f, {case.label}", widths, error, **ERROR))
        if case.activation == "sincos":
            stated = [_sign_error(case) * m**-0.25 for m in widths]
            series.append(_theory("expressivity-error", case, widths, stated))
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.125), series=tuple(series))


def over_cases(
    context: Context, case: Case, widths: tuple[int, ...], replicates: int, measure: Measure, count: int
) -> list[Array]:
    """`count` numbers per independent network, target and set of inputs, as arrays (replicates, widths)."""
    table = np.empty((count, replicates, len(widths)))
    for row in range(replicates):
        for column, m in enumerate(widths):
            seed = derive_seed(context.seed, case.label, str(row), str(m))
            network = initialise(m, case.d, activation(case.activation), seed=seed)
            target = make_target(case.d, case.k, case.R, seed=seed)
            X = sample_sphere(POINTS, case.d, radius=case.d**0.5, generator=generator(seed, "data"))
            table[:, row, column] = measure(network, target, X, seed)
        context.progress(row + 1, replicates)
    return list(table)


def movements_of(
    network: Network, target: Target, directions: MomentDirections, seed: int, signed: bool
) -> list[Tensor]:
    """W* for several draws of the signs, or W_L + W_Q without them."""
    found = joint_movement(network, target, seed=seed, directions=directions)
    if not signed:
        return [found.linear + found.quadratic]
    signs = (random_signs(network, seed=derive_seed(seed, str(draw))) for draw in range(DRAWS))
    return [replace(found, signs=each).W for each in signs]


def at_least(
    label: str, widths: tuple[int, ...], table: Array, claimed: str, band: float, alpha: float
) -> Comparison:
    """The slope is the claimed one or steeper: at most halfway to the next exponent on the grid."""
    stated = Fraction(claimed) + Fraction(band)
    return compare(
        f"log-log slope of {label}",
        UPPER,
        slope_interval(widths, table, alpha=alpha),
        exact(str(stated)),
        reason=f"{claimed} or steeper; {REASONS[band]} is the room",
        parameters={"x": [float(m) for m in widths], "replicates": len(table)},
    )


def _theory(figure: str, case: Case, widths: tuple[int, ...], stated: list[float]) -> Series:
    """The stated error over the width, without what falls faster."""
    labels = ERROR["x_label"], ERROR["y_label"]
    return line(figure, f"theory, {case.label}", widths, stated, x_label=labels[0], y_label=labels[1])


def _quadratic_error(case: Case) -> float:
    """√m times the RMS of f_Q(x; W_Q) - z² p(z) for R = 1: `(2 (E (β·x)⁴ h² σ''² - E z⁴ p²))^{1/2}`, by quadrature.

    With β·w = u and w·x = √d s, `β·x = √d (u s + √(1-u²) √(1-s²) t)`, t of a sphere of one dimension less.
    """
    sigma = activation(case.activation)
    h = profile(sigma, case.d, case.k)
    (u, u_weights), (s, s_weights), (t, t_weights) = rule(case.d, 16), rule(case.d, 120), rule(case.d - 1, 8)
    bend = s_weights * sigma.derivative(s * case.d**0.5, 2).square()
    across = ((1 - u**2)[:, None] * (1 - s**2)).sqrt()
    along = (u[:, None] * s)[:, :, None] + across[:, :, None] * t
    fourth = (along**4 @ t_weights) * case.d**2
    second_moment = (u_weights * h(u).square()) @ fourth @ bend
    z = s * case.d**0.5
    q = Ridge(case.k + 1, torch.eye(1, case.d, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
    points = torch.zeros(len(z), case.d, dtype=torch.float64)
    points[:, 0] = z
    target = (q(points) - h.rest[0] - h.rest[1] * z).square() @ s_weights
    return float((2 * (second_moment - target)).sqrt())


def _sign_error(case: Case) -> float:
    """m^{1/4} times the RMS of f_L(x; W_Q⊙S) for R = 1 and σ'² of mean 1: `(2 E |h|)^{1/2}`."""
    u, weights = rule(case.d, 400)
    h = profile(activation(case.activation), case.d, case.k)
    return float((2 * (h(u).abs() @ weights)).sqrt())


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


CLAIMS = (
    Claim(
        id="expressivity.pointwise",
        title="Both parts at finite width",
        statement=r"\|f_Q(\cdot;W_Q) - g_Q\| = \Theta(m^{-1/2}), \quad g_Q(x) = \sum_i\alpha_i\,(\beta_i\cdot x)^2 "
        r"p(\beta_i\cdot x), \quad \|f_L(\cdot;W_L) - g_L\| = \Theta(m^{-1/2}), \quad g_L = f^* - g_Q",
        bound=rate("-1/2"),
        source=PAPER,
        assumptions=(
            ADMISSIBLE,
            r"$\|\cdot\|$ the norm of $L^2$ over $x$; $W_L$ of least norm in ran $P_\le$",
        ),
        depends_on=("expressivity.construction", "expressivity.least-norm"),
        checks=(
            Check(
                Kind.STATISTICAL,
                pointwise,
                scope=f"three activations, k = 1, 2, 3, R ≤ 3, d ≤ 15, {WIDTH_SCOPE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="expressivity.joint",
        title="The full network expresses dense and sparse part together",
        statement=r"W^* = W_L + W_Q\odot S: \quad \|f(\cdot;W^*) - f^*\| = O(m^{-1/4}), \quad "
        r"L(W^*) - L(f^*) = O(m^{-1/2})",
        bound=rate("-1/4"),
        source=PAPER,
        assumptions=(
            r"labels $f^*(x)$; the loss has a minimum of order 2 there (squared, log cosh); for any Lipschitz loss "
            r"the first rate gives $L(W^*) - L(f^*) = O(m^{-1/4})$",
            r"$S_r$ independent fair signs",
        ),
        depends_on=("expressivity.pointwise", "taylor.sign-linear", "taylor.sign-cubic", "taylor.remainder"),
        checks=(
            Check(
                Kind.STATISTICAL,
                joint,
                scope=f"three activations, k = 1, 2, R ≤ 2, d ≤ 15, {WIDTH_SCOPE}; log cosh, and the "
                "squared loss as the square of the error",
                profile=Profile.STANDARD,
            ),
            Check(Kind.PROPERTY, signs_are_fair, scope="torch, the signs of 64 neurons, three seeds"),
        ),
    ),
    Claim(
        id="control.expressivity-pointwise-rate",
        title="Both parts claimed to err by 1/m",
        statement=r"\|f_Q(\cdot;W_Q) - g_Q\|, \|f_L(\cdot;W_L) - g_L\| = \Theta(m^{-1})",
        bound=rate("-1"),
        source="control",
        control_of="expressivity.pointwise",
        fault="exponent -1 for -1/2",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(pointwise, claimed="-1", cases=POINTWISE[:1], replicates=24),
                scope=f"sin + cos, k = 1, d = 10, {WIDTH_SCOPE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.expressivity-unsigned",
        title="Both movements without random signs",
        statement=r"f(x;W_L + W_Q) \to f^*(x)",
        bound=rate("-1/4"),
        source="control",
        control_of="expressivity.joint",
        fault="W_L + W_Q for W_L + W_Q⊙S: the linear part of W_Q grows like m^{1/4}",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(joint, signed=False, cases=JOINT[:1], replicates=24),
                scope=f"sin + cos, k = 1, d = 10, {WIDTH_SCOPE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)

"""The exact test error `E (f - f*)²` of a trained network with σ = sin + cos, and an estimate for any other.

x is uniform on S^{d-1}(√d) and `j(s) = E cos(v·x)`, s = ‖v‖². As `σ(p)σ(q) = cos(p-q) + sin(p+q)` and the sine is
odd, `E σ(u·x) σ(v·x) = j(‖u-v‖²)`; with u = w0 + w,

    E f²     = (1/m) Σ_rs a_r a_s j(‖u_r - u_s‖²),
    E f q_l  = m^{-1/2} Σ_r a_r s_l √B(d,l) C_l(|u_r|) P_l(γ·u_r/|u_r|),
    C_l(ρ)   = ρ^l d^{l/2} / (d (d+2) … (d+2l-2)) 0F1(; d/2+l; -d ρ²/4),

for `q_l(γ·x) = √B(d,l) P_l(γ·x/√d)` (Funk, Hecke), where `s_l = 1, 1, -1, -1` repeats: the cosine gives the even
degrees, the sine the odd ones. The Taylor models follow from `E σ((v + t p)·x) σ((v' + s q)·x)`: the coefficient of
`t^a s^b` is the second moment of the terms of order a and b.

E f² is a small difference of m² terms of size 1/m, so the result carries a bound on its rounding. j is
interpolated at Chebyshev points on the range of the squared lengths at hand, which gives it to 1e-15 without the
cancellation of its power series. The certified version of the risk is in the theory room, by another route.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import scipy.stats
import torch
from torch import Tensor

from theory.errors import InputError
from training import series
from training.network import Network
from training.objective import MODELS
from training.plane_wave import evaluate_profiles, plane_wave, plane_wave_profile
from training.series import Series
from training.sphere import harmonic_count
from training.target import Ridge, Target

# Pairs of neurons that are evaluated together, so that the arrays stay in the cache.
_BLOCK_ENTRIES = 100_000
_UNIT = 2.0**-53
# Bound on the error of a value of j^{(i)}, in units of roundoff times 2^{-i}: rule, interpolation and Clenshaw's
# scheme. The largest seen for squared lengths up to `_LARGEST` is 39, at d = 400. The rest is room: the scheme errs
# by a multiple of the number of terms, and another BLAS or cosine may round otherwise.
_EVALUATION = 64
# Above this squared length the interpolant of j would need hundreds of nodes.
_LARGEST = 100.0
# Orders of the Taylor terms that a model adds up; the full network is order 0 at w0 + w.
_ORDERS: Mapping[str, Mapping[int, float]] = {
    "linear": {1: 1.0},
    "quadratic": {2: 1.0},
    "second-order": {1: 1.0, 2: 1.0},
}


@dataclass(frozen=True)
class Risk:
    """The exact risk `E (f - f*)² = E f² - 2 E f f* + E f*²` and its parts.

    Args:
        value: The risk.
        rounding: A bound on the rounding of `value`, to first order in the unit roundoff.
        moment: `E f²`.
        cross: `E f f*`.
        null: `E f*²`, the risk of predicting 0.
    """

    value: float
    rounding: float
    moment: float
    cross: float
    null: float


@dataclass(frozen=True)
class RiskInterval:
    """A confidence interval for the risk: the normal interval for the mean over fresh points.

    Args:
        value: The mean of `(f(x) - f*(x))²`.
        lower: Lower end.
        upper: Upper end.
        level: Confidence level.
        points: The number of points.
    """

    value: float
    lower: float
    upper: float
    level: float
    points: int


def exact_risk(network: Network, W: Tensor, target: Target, *, model: str = "full") -> float:
    """The exact test error `E (f(x; W) - f*(x))²`, x ~ Unif(S^{d-1}(√d)), in closed form; see `risk`."""
    return risk(network, W, target, model=model).value


def risk(network: Network, W: Tensor, target: Target, *, model: str = "full") -> Risk:
    """The exact test error of a model with σ = sin + cos, with a bound on its rounding.

    The cost is one value of j (full, more for the Taylor models) per pair of neurons. Whatever the dtype of the
    training, the numbers in w0, a and W are taken as they are and everything is computed in float64.

    Args:
        network: A network with the activation `sincos`.
        W: The movement, `(m, d)`.
        target: The target f*; its directions count as unit vectors.
        model: `full` f, `second-order` f_L + f_Q, `linear` f_L or `quadratic` f_Q.

    Raises:
        InputError: If the activation is another one, the shapes do not fit, W is not finite or so large that j
            cannot be interpolated, or the model is unknown.
    """
    _check(network, W, target)
    side = _side(network, W, model)
    moment, moment_error = _second_moment(network, side, side)
    cross, cross_error = _cross_moment(network, side, target)
    null = target.null_risk
    rounding = moment_error + 2 * cross_error + 8 * (network.d + 8) * _UNIT * null
    return Risk(math.fsum((moment, -2 * cross, null)), rounding, moment, cross, null)


def coupling_error(network: Network, W: Tensor) -> Risk:
    """The exact squared coupling error `E (f - f_0 - f_L - f_Q)²` with f_0 = f(·; 0), σ = sin + cos.

    In the result, `moment` is E f², `cross` the product with the Taylor model, `null` that model's second moment.

    Raises:
        InputError: As in `risk`.
    """
    _check(network, W, None)
    full = _side(network, W, "full")
    taylor = _Side(network.w0.double(), W.double(), {0: 1.0, 1: 1.0, 2: 1.0})
    parts = [_second_moment(network, *pair) for pair in ((full, full), (full, taylor), (taylor, taylor))]
    (moment, e1), (cross, e2), (null, e3) = parts
    return Risk(math.fsum((moment, -2 * cross, null)), e1 + 2 * e2 + e3, moment, cross, null)


def estimated_risk(
    network: Network, W: Tensor, target: Target, X: Tensor, *, model: str = "full", level: float = 1 - 1e-6
) -> RiskInterval:
    """A confidence interval for the test error from fresh points, for every activation.

    Args:
        network: The network.
        W: The movement, `(m, d)`.
        target: The target f*.
        X: Points of the input distribution that W does not depend on, `(N, d)`, float64, 2 or more.
        model: As in `risk`.
        level: Confidence level; the interval is normal, so N should be in the thousands.

    Raises:
        InputError: If the level is not in (0, 1), there are too few points, the model is unknown, or W, the target
            or the points do not fit the network or are not finite.
    """
    _check_model(model)
    _check_movement(network, W)
    _check_target(network, target)
    if X.ndim != 2 or X.shape[1] != network.d or not bool(torch.isfinite(X).all()):
        raise InputError(
            given=f"points of shape {tuple(X.shape)}, finite: {bool(torch.isfinite(X).all())}",
            allowed=f"finite points of shape (N, {network.d})",
            do="pass points of the network's dimension",
        )
    if not 0 < level < 1 or X.shape[0] < 2:
        raise InputError(
            given=f"level {level} and {X.shape[0]} points",
            allowed="a level in (0, 1) and 2 points or more",
            do="correct the level, or draw more points",
        )
    exact = Network(network.w0.double(), network.a.double(), network.activation, paired=network.paired)
    movement = W.double()
    parts = []
    for points in torch.split(X.double(), max(1, _BLOCK_ENTRIES * 16 // network.m)):
        on = exact.on(points)
        if model == "full":
            values = on.f(movement)
        else:
            values = sum((on.term(order, movement) for order in _ORDERS[model]), torch.zeros(len(points)))
        parts.append((values - target(points)).square())
    squares = torch.cat(parts)
    mean = float(squares.mean())
    width = float(scipy.stats.norm.isf((1 - level) / 2) * squares.std()) / math.sqrt(len(squares))
    return RiskInterval(mean, mean - width, mean + width, level, len(squares))


@dataclass(frozen=True, eq=False)
class _Side:
    """The function `m^{-1/2} Σ_r a_r Σ_p weights_p [t^p] σ((base_r + t step_r)·x)`."""

    base: Tensor
    step: Tensor
    weights: Mapping[int, float]

    @property
    def order(self) -> int:
        return max(self.weights)


def _side(network: Network, W: Tensor, model: str) -> _Side:
    _check_model(model)
    w0, movement = network.w0.double(), W.double()
    if model == "full":
        return _Side(w0 + movement, torch.zeros_like(movement), {0: 1.0})
    return _Side(w0, movement, _ORDERS[model])


def _second_moment(network: Network, left: _Side, right: _Side) -> tuple[float, float]:
    """`E g h` of two sides, and the bound on its rounding."""
    d, signs = network.d, network.a.double()
    lengths = [torch.linalg.vector_norm(side.base, dim=1) for side in (left, right)]
    largest = max(float((lengths[0].max() + lengths[1].max()).square()), 1e-3)
    _check_length(largest)
    profiles = [plane_wave_profile(d, i, largest) for i in range(left.order + right.order + 1)]
    total, size, rounding = [], 0.0, 0.0
    for rows in _blocks(network.m):
        s, *movements = _geometry(left, right, rows)
        waves = evaluate_profiles(profiles, s, largest)
        terms = _combine(left, right, waves, *movements)
        total.append(float(signs[rows] @ (terms @ signs)))
        # The same formula in the largest sizes of its parts: |j^{(i)}| ≤ 2^{-i}, and products by lengths.
        reach = lengths[0][rows, None] + lengths[1][None]
        sizes = _sizes(left, right, rows, reach)
        bound = _combine(left, right, [torch.full_like(s, 0.5**i) for i in range(len(waves))], *sizes)
        bound = bound * torch.ones_like(s)
        size += float(bound.sum())
        rounding += float((bound * reach.square()).sum())
    factor = (d + 4) * (0.5 * rounding + (left.order + right.order) * size)
    # Summation: in blocks of at most m terms, then across the blocks.
    factor += (_EVALUATION + 30 + 2 * math.log2(network.m + 1)) * size
    return math.fsum(total) / network.m, factor * _UNIT / network.m


def _geometry(left: _Side, right: _Side, rows: slice) -> tuple[Tensor, ...]:
    """For `‖v + t p - s q‖²`, v = base_r - base_s: its coefficients of 1, t, s, t s, t², s² for a range of rows."""
    x, p = left.base[rows], left.step[rows]
    y, q = right.base, right.step
    s = (x.square().sum(dim=1)[:, None] + y.square().sum(dim=1) - 2 * x @ y.T).clamp_(min=0)
    if left.order == right.order == 0:
        return s, *[s.new_zeros(1, 1)] * 5
    along_p = 2 * ((p * x).sum(dim=1)[:, None] - p @ y.T)
    along_q = 2 * ((y * q).sum(dim=1) - x @ q.T)
    return s, along_p, along_q, -2 * p @ q.T, p.square().sum(dim=1)[:, None], q.square().sum(dim=1)[None]


def _sizes(left: _Side, right: _Side, rows: slice, reach: Tensor) -> tuple[Tensor, ...]:
    """Bounds on the last five of `_geometry`."""
    p = torch.linalg.vector_norm(left.step[rows], dim=1)[:, None]
    q = torch.linalg.vector_norm(right.step, dim=1)[None]
    return 2 * p * reach, 2 * q * reach, 2 * p * q, p.square(), q.square()


def _combine(
    left: _Side, right: _Side, j: list[Tensor], A: Tensor, B: Tensor, C: Tensor, P: Tensor, Q: Tensor
) -> Tensor:
    """Σ_ab weights_a weights_b [t^a s^b] j(s_0 + A t + B s + C t s + P t² + Q s²), from j and its derivatives."""
    total = torch.zeros_like(j[0])
    for a, alpha in left.weights.items():
        for b, beta in right.weights.items():
            if (a, b) == (0, 0):
                term = j[0]
            elif (a, b) == (1, 1):
                term = j[1] * C + j[2] * (A * B)
            elif (a, b) == (2, 2):
                AB = A * B
                term = j[2] * (P * Q + C * C / 2) + j[3] * (A * A * Q / 2 + B * B * P / 2 + AB * C)
                term += j[4] * (AB * AB) / 4
            elif 0 in (a, b):
                along, square = (A, P) if b == 0 else (B, Q)
                term = j[1] * along if a + b == 1 else j[1] * square + j[2] * (along * along) / 2
            else:
                twice, once, square = (A, B, P) if a == 2 else (B, A, Q)
                term = j[2] * (twice * C + square * once) + j[3] * (twice * twice * once) / 2
            total += alpha * beta * term
    return total


def _cross_moment(network: Network, side: _Side, target: Target) -> tuple[float, float]:
    """`E g f*` of a side and the target, and a bound on its rounding."""
    signs = network.a.double()
    total, size = [], 0.0
    for ridge in (*target.dense, target.sparse):
        waves = _ridge_moment(side, ridge)
        value = sum((weight * waves[p] for p, weight in side.weights.items()), torch.zeros_like(waves[0]))
        total.append(float(signs @ value))
        # |E σ(u·x) q| ≤ √2 (E q²)^{1/2}, but the terms of q may cancel: bound by the sum of their sizes.
        reach = torch.linalg.vector_norm(side.base, dim=1)
        steps = torch.linalg.vector_norm(side.step, dim=1)
        growth = torch.stack([weight * steps**p for p, weight in side.weights.items()]).sum(dim=0)
        weight = float(ridge.coefficients.abs().sum()) * (ridge.degree + 1 + side.order)
        size += weight * float((growth * (1 + reach.square()) ** (1 + ridge.degree / 2)).sum())
    scale = math.sqrt(network.m)
    return math.fsum(total) / scale, (4 * network.d + 100) * _UNIT * size / scale


def _ridge_moment(side: _Side, ridge: Ridge) -> Series:
    """`[t^p] E σ((base_r + t step_r)·x) q(x)` for p = 0…order and a ridge polynomial q, each `(m,)`.

    With `u·γ` and `τ = |u|²` as series in t, `Q_l = |u|^l P_l(γ·u/|u|)` is a polynomial in both:
    `(i+d-2) Q_{i+1} = (2i+d-2) (u·γ) Q_i - i τ Q_{i-1}`, regular at u = 0.
    """
    l, (S, d) = ridge.degree, ridge.directions.shape
    order, x, p = side.order, side.base, side.step
    tau = [x.square().sum(dim=1), 2 * (x * p).sum(dim=1), p.square().sum(dim=1)][: order + 1]
    gamma = ridge.directions.double().T
    along = [x @ gamma, p @ gamma, x.new_zeros(len(x), S)][: order + 1]
    wide = [part[:, None].expand(-1, S) for part in tau]
    before, polynomial = series.constant(0.0, along[0], order), series.constant(1.0, along[0], order)
    for i in range(l):
        ahead, behind = series.mul(along, polynomial), series.mul(wide, before)
        weights = (1.0, 0.0) if i == 0 else ((2 * i + d - 2) / (i + d - 2), i / (i + d - 2))
        step = [weights[0] * a - weights[1] * b for a, b in zip(ahead, behind, strict=True)]
        before, polynomial = polynomial, step
    zonal = [part @ ridge.coefficients.double() for part in polynomial]
    return [_scale(l, d) * part for part in series.mul(_radial(l, d, tau), zonal)]


def _scale(l: int, d: int) -> float:
    """`s_l √B(d,l) d^{l/2} / (d (d+2) … (d+2l-2))`."""
    sign = (1, 1, -1, -1)[l % 4]
    return sign * math.sqrt(harmonic_count(d, l)) * math.prod(math.sqrt(d) / (d + 2 * i) for i in range(l))


def _radial(l: int, d: int, tau: Series) -> Series:
    """The series of `0F1(; d/2+l; -d τ/4)`: by its derivatives in τ, since τ - τ_0 starts at order 1."""
    rest = [torch.zeros_like(tau[0]), *tau[1:]]
    power, total = series.constant(1.0, tau[0], len(tau) - 1), series.constant(0.0, tau[0], len(tau) - 1)
    factor = 1.0
    for i in range(len(tau)):
        wave = factor * torch.from_numpy(plane_wave(d, l + i, tau[0].numpy()))
        total = [each + wave * part for each, part in zip(total, power, strict=True)]
        power = series.mul(power, rest)
        factor *= -d / 4 / (d / 2 + l + i) / (i + 1)
    return total


def _blocks(m: int) -> Iterator[slice]:
    step = max(1, _BLOCK_ENTRIES // m)
    return (slice(start, min(start + step, m)) for start in range(0, m, step))


def _check(network: Network, W: Tensor, target: Target | None) -> None:
    if network.activation.name != "sincos":
        raise InputError(
            given=f"the exact risk for activation {network.activation.name!r}",
            allowed="the activation 'sincos', whose expectations are closed",
            do="use estimated_risk with fresh points",
        )
    _check_movement(network, W)
    if target is not None:
        _check_target(network, target)


def _check_movement(network: Network, W: Tensor) -> None:
    if W.shape != network.w0.shape or not bool(torch.isfinite(W).all()):
        raise InputError(
            given=f"a movement of shape {tuple(W.shape)}, finite: {bool(torch.isfinite(W).all())}",
            allowed=f"finite numbers of shape {tuple(network.w0.shape)}",
            do="pass the movement of this network; if training diverged, lower its step size",
        )


def _check_target(network: Network, target: Target) -> None:
    if target.d != network.d:
        raise InputError(
            given=f"a target in dimension {target.d} for a network in dimension {network.d}",
            allowed="one dimension",
            do="make the target for this network",
        )


def _check_model(model: str) -> None:
    if model not in MODELS:
        raise InputError(
            given=f"model {model!r}", allowed=f"one of {', '.join(MODELS)}", do="choose one of these names"
        )


def _check_length(largest: float) -> None:
    if not largest <= _LARGEST:
        raise InputError(
            given=f"weights so long that ‖u_r - u_s‖² may reach {largest:.3g}",
            allowed=f"at most {_LARGEST:g}",
            do="use estimated_risk; weights of this size are far from any trained network",
        )

r"""The certificate of global optimality: how far a movement W can be from the best one, at most.

For the regularized second-order objective: its value at W, a lower bound on its infimum from the dual function
(`training.dual`), raised by descent on the relaxed objective (`training.dual_relaxed`) and by ascent
(`training.dual_ascent`), and the gap between the two. The numbers of this room are float64; a function that
encloses objective and bound rigorously can be passed in, and only its results are called certified.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from theory.errors import InputError
from training.curvature import check_memory
from training.dual import Dual, DualPoint, DualValue
from training.dual_ascent import dual_ascent
from training.dual_relaxed import GRADUATED_STEPS, Relaxed, graduated_descent, spread_start
from training.objective import Evaluation, Objective
from training.optimize import Record, ball, lbfgs
from training.sphere import generator
from training.subspace import Subspace

Progress = Callable[[int, int], None]
Interval = tuple[float, float]

DEFAULT_BYTES = 8 << 30
# s beyond its least value, in units of the size of C/(4c): 1e5 times the rounding of an eigenvalue.
_MARGIN = 1e-11
# Bounds are computed at about this many points of the descent.
_BOUNDS = 12


@dataclass(frozen=True)
class AscentRecord:
    """One point of the way up.

    Args:
        iteration: Iterations done.
        relaxed: The relaxed objective, above every bound of this kind; NaN during the final ascent.
        bound: The largest bound so far.
    """

    iteration: int
    relaxed: float
    bound: float


@dataclass(frozen=True)
class Enclosures:
    """Rigorous intervals, rounded outwards.

    Args:
        primal: The second-order objective at W.
        bound: The lower bound; its lower end is certified.
        full: The objective with the network itself at W.
        coupling: The largest |f - f_L - f_Q| over the sample at W.
    """

    primal: Interval
    bound: Interval
    full: Interval
    coupling: Interval


class Enclose(Protocol):
    """Encloses objective and bound: for the s of every neuron, `(m,)`, see `Dual`."""

    def __call__(self, objective: Objective, W: Tensor, point: DualPoint, s: Tensor) -> Enclosures:
        """The intervals at W and at the dual point."""
        ...


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is known about the distance of L_λ(W) from the infimum of the second-order objective.

    Args:
        W: The movement, `(m, d)`.
        primal: L_λ(W) of the second-order model, float64.
        bound: The lower bound on its infimum, float64.
        start_bound: The bound at the tangent point of the movement given, before any ascent; -∞ without one.
        full: L_λ(W) of the network itself, float64.
        coupling: The largest |f - f_L - f_Q| over the sample.
        point: The dual point of the bound.
        s: The s of every neuron at which the bound is enclosed, `(m,)`.
        iterations: Iterations of descent, ascent and search.
        history: The way up.
        enclosures: The rigorous intervals, or None if nothing rigorous was computed.
    """

    W: Tensor
    primal: float
    bound: float
    start_bound: float
    full: float
    coupling: float
    point: DualPoint
    s: Tensor
    iterations: int
    history: tuple[AscentRecord, ...]
    enclosures: Enclosures | None

    @property
    def certified(self) -> bool:
        """Whether rounding is accounted for."""
        return self.enclosures is not None

    @property
    def absolute_gap(self) -> float:
        """`L_λ(W)` less the bound, at most; rounded upwards if certified."""
        if self.enclosures is None:
            return self.primal - self.bound
        return math.nextafter(self.enclosures.primal[1] - self.enclosures.bound[0], math.inf)

    @property
    def relative_gap(self) -> float:
        """The absolute gap over L_λ(W), at most, ∞ if L_λ(W) is not known to be positive; rounded upwards."""
        least = self.primal if self.enclosures is None else self.enclosures.primal[0]
        if not least > 0:
            return math.inf
        ratio = self.absolute_gap / least
        return ratio if self.enclosures is None else math.nextafter(ratio, math.inf)


def certify(
    objective: Objective,
    W: Tensor | None = None,
    *,
    relaxed_steps: int = 600,
    ascent_steps: int = 60,
    search: bool = False,
    seed: int = 0,
    enclose: Enclose | None = None,
    progress: Progress | None = None,
    budget: int = DEFAULT_BYTES,
) -> Certificate:
    """Bound the distance of L_λ(W) from the infimum of the second-order objective.

    Args:
        objective: The objective, float64, of the model `second-order` or `full`, with λ4 > 0.
        W: A trained movement, `(m, d)`; None to search for one.
        relaxed_steps: Iterations on the relaxed objective, 1 or more.
        ascent_steps: Iterations of the ascent that follows.
        search: Whether to look for a lower W too; the lower of the two is certified. Implied by W = None.
        seed: Seed of the starts.
        enclose: Encloses objective and bound rigorously.
        progress: Called with (iterations done, at most).
        budget: Most bytes to use.

    Raises: InputError: If W is zero, not finite or of another shape, a setting is out of range, the objective
    has no bound of this kind, the memory does not suffice, or a point turns out not to be feasible.
    DivergenceError: If the objective is not finite on the way.
    """
    _check_steps(relaxed_steps, ascent_steps)
    check_memory(memory_estimate(objective), budget, "the certificate")
    dual = Dual(objective)
    search = search or W is None
    total = relaxed_steps + ascent_steps + (GRADUATED_STEPS if search else 0)
    climb = _Climb(dual, _Counter(total, progress))
    if W is None:
        start = ball(
            torch.Size((dual.network.m, dual.network.d)), 1.0, generator(seed, "start"), torch.float64
        )
    else:
        start = _checked(dual, W)
        climb.offer(dual.tangent_at(W), math.nan)
    start_bound = climb.bound
    Z = climb.descend(spread_start(start, seed=seed), relaxed_steps)
    climb.ascend(ascent_steps)
    if search:
        found = graduated_descent(dual, Z, callback=climb.count).W
        W = found if W is None else min(W, found, key=dual.objective.value)
    assert W is not None
    value = dual.evaluate(climb.point)
    s = certifiable_s(value, dual, climb.point)
    terms, on = dual.objective.terms(W), objective.sample
    primal, f = dual.objective.value(W), on.f(W)
    return Certificate(
        W=W,
        primal=primal,
        bound=value.value,
        start_bound=start_bound,
        full=primal - terms["loss"] + float(dual.loss.value(dual.y, f).mean()),
        coupling=float((f - on.f_L(W) - on.f_Q(W)).abs().max()),
        point=climb.point,
        s=s,
        iterations=climb.count.done,
        history=tuple(climb.history),
        enclosures=None if enclose is None else enclose(dual.objective, W, climb.point, s),
    )


def certifiable_s(value: DualValue, dual: Dual, point: DualPoint) -> Tensor:
    """The s of every neuron, `(m,)`, far enough above its least value for a proof that C + 4cs I is definite.

    The bound at any such s is valid; against the best s it loses about 2cs times the distance.
    """
    size = torch.linalg.matrix_norm(dual.quadratic_part(point))
    sizes = torch.cat((size, size)) if dual.network.paired else size
    c = 2 * point.t * dual.lambda_[3]
    return torch.maximum(value.minima.s, value.minima.end + _MARGIN * (sizes / (4 * c) + value.minima.s))


def memory_estimate(objective: Objective) -> int:
    """Bytes that `certify` takes at its peak, with a rigorous enclosure; see `memory_needed`."""
    net, directions = objective.network, objective.directions
    n_k = directions.n_k if isinstance(directions, Subspace) else 0
    return memory_needed(n=objective.n, m=net.m, distinct=net.distinct, d=net.d, n_k=n_k)


def memory_needed(*, n: int, m: int, distinct: int, d: int, n_k: int) -> int:
    """Bytes of the largest arrays of a certificate: n samples, m neurons, some distinct, n_k good directions."""
    h, low = distinct, distinct * d * n_k
    triangle = d * (d + 1) // 2
    # float64: σ', σ'' and their scaled copies; blocks of C with eigenvectors; L-BFGS pairs of (u, e); Σ's factors;
    # U.
    floats = 4 * n * h + 6 * h * d * d + 2 * 2 * 20 * 2 * m * d + 3 * h * h + low
    # Balls: σ', σ'' as lists and matrices, two products of movements; Σ's three matrices; U as a matrix
    # with its transpose or the list of its entries; the products of inputs and the matrices C, likewise.
    balls = 8 * n * h + 4 * h * h + 2 * low + (2 * n + 3 * h) * triangle
    return 8 * floats + 120 * balls


class _Counter:
    """Counts the iterations of all stages, for the progress."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.progress, self.done = total, progress, 0

    def __call__(self, _: object = None) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(min(self.done, self.total), self.total)


class _Climb:
    """The way up: descent on the relaxed objective, then ascent, with the best point and the history."""

    def __init__(self, dual: Dual, count: _Counter) -> None:
        self.dual, self.count = dual, count
        self.bound = -math.inf
        self.history: list[AscentRecord] = []
        self._point: DualPoint | None = None

    @property
    def point(self) -> DualPoint:
        """The best point so far."""
        assert self._point is not None
        return self._point

    def offer(self, point: DualPoint, relaxed: float) -> None:
        """Keep the point if its bound is the best, and record it."""
        bound = self.dual.evaluate(point).value
        if self._point is None or bound > self.bound:
            self.bound, self._point = bound, point
        self.history.append(AscentRecord(self.count.done, relaxed, self.bound))

    def descend(self, Z: Tensor, steps: int) -> Tensor:
        """Minimize the relaxed objective from Z, with a bound now and then."""
        relaxed = _Watched(Relaxed(self.dual))
        every = max(1, steps // _BOUNDS)

        def keep(record: Record) -> None:
            self.count()
            if record.step % every == 0:
                self.offer(relaxed.inner.tangent_at(relaxed.latest), record.value)

        found = lbfgs(relaxed, Z, max_iter=steps, tolerance=1e-10, callback=keep)
        self.offer(relaxed.inner.tangent_at(found.W), found.final.value)
        return found.W

    def ascend(self, steps: int) -> None:
        """Raise the bound from the best point."""

        def keep(_: int, bound: float) -> None:
            self.count()
            self.bound = bound
            self.history.append(AscentRecord(self.count.done, math.nan, bound))

        self._point = dual_ascent(self.dual, self.point, steps=steps, callback=keep)[0]


class _Watched:
    """A relaxed objective that remembers where it was evaluated last: in a callback, the iterate."""

    def __init__(self, inner: Relaxed) -> None:
        self.inner = inner
        self.latest = torch.empty(0)

    def evaluate(self, Z: Tensor) -> Evaluation:
        """The value of the relaxed objective."""
        self.latest = Z
        return self.inner.evaluate(Z)


def _checked(dual: Dual, W: Tensor) -> Tensor:
    shape = (dual.network.m, dual.network.d)
    if tuple(W.shape) != shape or W.dtype != torch.float64 or not bool(torch.isfinite(W).all()):
        finite = "finite" if bool(torch.isfinite(W).all()) else "not finite"
        raise InputError(
            given=f"a movement of shape {tuple(W.shape)} and {W.dtype}, {finite}",
            allowed=f"shape {shape}, torch.float64, finite",
            do="pass the W of a training that converged, as W.double()",
        )
    return W


def _check_steps(relaxed_steps: int, ascent_steps: int) -> None:
    if relaxed_steps < 1 or ascent_steps < 0:
        raise InputError(
            given=f"relaxed_steps={relaxed_steps}, ascent_steps={ascent_steps}",
            allowed="1 or more steps of descent, 0 or more of ascent",
            do="correct the number of steps",
        )

"""Curvature of the objective at one W: the Hessian as an operator, its smallest eigenvalue from both sides.

At a fixed W all that does not depend on the direction is computed once, so a product costs two passes over the
data. From above the smallest eigenvalue is a Ritz value of Lanczos iteration, with its residual. From below it is
the smallest eigenvalue of a block-diagonal part: with ν_i = ℓ'_i/n,

    ∇²L_λ ⪰ diag_r( Σ_i ν_i m^{-1/2} a_r bend_ir x_i x_iᵀ + 8 λ4 T (‖w_r‖² I + 2 w_r w_rᵀ) ),

T = Σ_r ‖w_r‖⁴: the Gauss-Newton part, R1, R2, R3 and the rest of R4 only add.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from theory.errors import InputError
from training.objective import Objective
from training.sphere import generator

# Most bytes for the arrays of an operator, for its blocks, and for the basis of a Lanczos iteration.
DEFAULT_BYTES = 1 << 30
# Size of the noise that a restart adds to the unit vector found so far.
_NOISE = 1e-3


@dataclass(frozen=True, eq=False)
class LeastEigenvalue:
    """What Lanczos iteration found at the lower end of the spectrum.

    Args:
        value: The smallest Ritz value: the smallest eigenvalue is at most this, up to rounding.
        residual: ‖Hv - value v‖ at its unit vector: some eigenvalue lies within this distance of the value.
        error: An estimate of the distance to that eigenvalue, `residual²/gap` with the gap to the next Ritz value.
        largest: The largest Ritz value, a lower bound on the largest eigenvalue.
        vector: The unit vector, `(m, d)`.
        products: Hessian-vector products used.
    """

    value: float
    residual: float
    error: float
    largest: float
    vector: Tensor
    products: int


class Hessian:
    """∇²L_λ(W) as an operator on movements, with everything cached that does not depend on the direction.

    Args:
        objective: The objective.
        W: The movement, `(m, d)`.
        budget: Most bytes for the cached arrays, and again for the blocks.

    Raises:
        InputError: If W does not fit, or the cached arrays, four of n × m numbers, do not fit the budget.
    """

    def __init__(self, objective: Objective, W: Tensor, *, budget: int = DEFAULT_BYTES) -> None:
        sample, network = objective.sample, objective.network
        check_memory(4 * sample.n * network.m * W.element_size(), budget, "the arrays of the Hessian")
        f, slopes, bends = model_derivatives(objective, W)
        self.objective, self.W, self._budget = objective, W, budget
        self.first = objective.loss.first(objective.y, f) / sample.n
        self._second = objective.loss.second(objective.y, f) / sample.n
        self._slopes, self._bends = slopes, bends * self.first[:, None]
        self._signs = (network.a / math.sqrt(network.m))[:, None]
        lambda1 = objective.lambda_[0]
        low = objective.directions.features_low(sample.X) if objective.directions and lambda1 else None
        self._low = low
        self._linear = network.sigma(1, sample.X) if low is not None else None

    def apply(self, V: Tensor) -> Tensor:
        """`∇²L_λ(W) V`, `(m, d)`."""
        objective, X = self.objective, self.objective.sample.X
        lambda1, lambda2, lambda3, lambda4 = objective.lambda_
        moved = X @ V.T
        along = ((self._slopes * moved) @ self._signs).mul_(self._second[:, None])
        weights = torch.addcmul(self._slopes * along, self._bends, moved)
        directions = objective.directions
        c = directions.coefficients(V) if directions is not None else V.new_zeros(0)
        low = (2 * lambda3) * c
        if self._low is not None and self._linear is not None:
            high = ((self._linear * moved) @ self._signs)[:, 0] - self._low @ c
            rho = high * (2 * lambda1 / objective.n)
            weights.addcmul_(self._linear, rho[:, None])
            low = low - self._low.T @ rho
        total = (weights.T @ X).mul_(self._signs)
        if directions is not None:
            if objective.covariance is not None and lambda2:
                pulled = objective.covariance.apply(V - directions.lift(c))
                total.add_(pulled, alpha=2 * lambda2)
                low = low - (2 * lambda2) * directions.coefficients(pulled)
            total += directions.lift(low)
        if "R4" in objective.regularizers:
            total.add_(objective.regularizers["R4"][1].hvp(self.W, V), alpha=lambda4)
        return total

    def blocks(self) -> Tensor:
        """The block-diagonal part below which the rest is positive semidefinite, `(m, d, d)`.

        Raises:
            InputError: If the blocks do not fit the budget.
        """
        m = len(self.W)
        check_memory(m * self._bytes_per_block(copies=1), self._budget, f"{m} blocks of the Hessian")
        return self._blocks(slice(m))

    def lower_bound(self) -> float:
        """A lower bound on the smallest eigenvalue: the smallest of all `blocks`, up to rounding.

        The blocks are gone through in groups that fit the budget.

        Raises:
            InputError: If not even one block does.
        """
        m = len(self.W)
        each = self._bytes_per_block(copies=2)  # the eigenvalues are computed in a copy
        check_memory(each, self._budget, "one block of the Hessian")
        group = max(1, self._budget // each)
        return min(
            float(torch.linalg.eigvalsh(self._blocks(slice(start, start + group))).min())
            for start in range(0, m, group)
        )

    def _blocks(self, rows: slice) -> Tensor:
        """The blocks of these neurons; nothing else of their size is allocated."""
        X, W = self.objective.sample.X, self.W[rows]
        weights = self._bends[:, rows] * self._signs[rows, 0]
        found = W.new_empty(len(W), W.shape[1], W.shape[1])
        for block, column in zip(found, weights.T, strict=True):
            torch.mm((X * column[:, None]).T, X, out=block)
        if lambda4 := self.objective.lambda_[3]:
            scale = 8 * lambda4 * float(self.W.square().sum(dim=1).square().sum())
            found.diagonal(dim1=1, dim2=2).add_(W.square().sum(dim=1, keepdim=True), alpha=scale)
            found.addcmul_(W[:, :, None], W[:, None, :], value=2 * scale)
        return found

    def _bytes_per_block(self, *, copies: int) -> int:
        """Bytes for one neuron's block, its copies and its weights."""
        d = self.W.shape[1]
        return (copies * d * d + self.objective.n) * self.W.element_size()


def model_derivatives(objective: Objective, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Predictions `(n,)`, and per neuron the slopes and bends of the objective's model, `(n, m)` each.

    `∇f_i` has rows `m^{-1/2} a_r slopes_ir x_i`, and `∇²f_i` blocks `m^{-1/2} a_r bends_ir x_i x_iᵀ`.

    Raises:
        InputError: If W does not fit the network.
    """
    network, sample, kind = objective.network, objective.sample, objective.model
    values: dict[str, Callable[[Tensor], Tensor]] = {
        "full": sample.f,
        "linear": sample.f_L,
        "quadratic": sample.f_Q,
        "second-order": lambda W: sample.f_L(W) + sample.f_Q(W),
    }
    f = values[kind](W)
    if kind == "full":
        z = sample.X @ (network.w0 + W).T
        return f, network.activation.derivative(z, 1), network.activation.derivative(z, 2)
    first = network.sigma(1, sample.X)
    if kind == "linear":
        return f, first, torch.zeros_like(first)
    bends = network.sigma(2, sample.X)
    slopes = bends * (sample.X @ W.T)
    return f, (slopes + first if kind == "second-order" else slopes), bends


def least_eigenvalue(
    objective: Objective,
    W: Tensor,
    *,
    seed: int,
    tolerance: float = 1e-3,
    coarse: Objective | None = None,
    steps: int = 2000,
    budget: int = DEFAULT_BYTES,
) -> LeastEigenvalue:
    """The smallest eigenvalue of ∇²L_λ(W), by Lanczos iteration with full reorthogonalization.

    The iteration ends once the estimated error of the value, and its change over a fifth of the steps, are below
    the tolerance, relative to the value itself, or below 1e-7 of the spread of the spectrum in float64 and 1e-5 in
    float32. Where the basis fills its budget, the iteration starts again from the vector found so far with some
    noise: that vector alone may lie in an invariant subspace without the smallest eigenvalue. Value and residual
    are computed anew at the vector found.

    Args:
        objective: The objective, best in float64.
        W: The movement, `(m, d)`, in its dtype.
        seed: Seed of the start vector and of the noise.
        tolerance: Relative accuracy of the value.
        coarse: The same objective in float32, on which the iteration is four times faster.
        steps: Most products.
        budget: Most bytes for the basis.

    Raises:
        InputError: If the tolerance is not reached, or not even 20 vectors fit the budget.
    """
    given = objective if coarse is None else coarse
    W_given = W.to(given.network.dtype)
    item = W_given.element_size()
    check_memory(20 * W.numel() * item, budget, "20 vectors of a Lanczos basis")
    operator = Hessian(given, W_given, budget=budget)
    room = min(W.numel(), steps, budget // (W.numel() * item))
    source = generator(seed, "lanczos")
    start = _random_unit(W_given, source)
    floor = 1e-7 if item == 8 else 1e-5
    done, ends = 0, None
    while ends is None and done < steps:
        if done:
            start = start / torch.linalg.vector_norm(start) + _NOISE * _random_unit(W_given, source)
        start, used, ends = _lanczos(operator, start, min(room, steps - done), tolerance, floor)
        done += used
    if ends is None:
        raise InputError(
            given=f"a Lanczos iteration that did not reach the relative tolerance {tolerance:g} in {steps} steps",
            allowed="a tolerance that it reaches",
            do="raise the tolerance or the steps, or compute in float64",
        )
    largest, gap = ends
    unit = start.to(W.dtype) / torch.linalg.vector_norm(start.to(W.dtype))
    unit = unit.reshape(W.shape)
    product = (operator if coarse is None else Hessian(objective, W, budget=budget)).apply(unit)
    value = float((unit * product).sum())
    residual = float(torch.linalg.vector_norm(product - value * unit))
    error = min(residual, residual**2 / gap) if gap > 0 else residual
    return LeastEigenvalue(value, residual, error, max(largest, value), unit, done + 1)


def smallest_eigenvalue(objective: Objective, W: Tensor, *, seed: int, tolerance: float = 1e-3) -> float:
    """The value of `least_eigenvalue`: an upper bound that is sharp to about the relative tolerance.

    Raises:
        InputError: As `least_eigenvalue`.
    """
    return least_eigenvalue(objective, W, seed=seed, tolerance=tolerance).value


def _random_unit(like: Tensor, source: torch.Generator) -> Tensor:
    """A random unit vector of as many entries, drawn in double precision."""
    drawn = torch.randn(like.numel(), generator=source, dtype=torch.float64)
    unit: Tensor = drawn / torch.linalg.vector_norm(drawn)
    return unit.to(like.dtype)


def _lanczos(
    operator: Hessian, start: Tensor, room: int, tolerance: float, floor: float
) -> tuple[Tensor, int, tuple[float, float] | None]:
    """One run: the Ritz vector, the products used and, if it converged, the largest Ritz value and the gap."""
    shape = operator.W.shape
    basis = start.new_empty(room + 1, start.numel())
    basis[0] = start / torch.linalg.vector_norm(start)
    diagonal: list[float] = []
    beside: list[float] = []
    seen: list[tuple[int, float]] = []
    for step in range(room):
        product = operator.apply(basis[step].reshape(shape)).reshape(-1)
        diagonal.append(float(product @ basis[step]))
        known = basis[: step + 1]
        for _ in range(2):  # twice is enough (Parlett, Kahan)
            product = product.sub_(known.T @ (known @ product))
        norm = float(torch.linalg.vector_norm(product))
        # The start meets every eigenvalue, by chance or by noise: an invariant subspace from it holds the smallest.
        exhausted = norm <= 1e-14 * max(map(abs, diagonal)) or step + 1 == start.numel()
        if exhausted or step + 1 == room or step % 10 == 9:
            values, ritz = scipy.linalg.eigh_tridiagonal(np.array(diagonal), np.array(beside))
            residual = norm * abs(float(ritz[-1, 0]))
            gap = float(values[1] - values[0]) if step else 0.0
            error = min(residual, residual**2 / gap) if gap > 0 else residual
            allowed = max(tolerance * abs(float(values[0])), floor * float(values[-1] - values[0]))
            # Close eigenvalues look like one at first: the value must also have stood still for a fifth of the way.
            before = [value for count, value in seen if count <= 0.8 * (step + 1)][-1:]
            settled = error <= allowed and bool(before) and before[0] - float(values[0]) <= allowed
            seen.append((step + 1, float(values[0])))
            converged = exhausted or settled
            if converged or step + 1 == room:
                vector = torch.from_numpy(ritz[:, 0]).to(start.dtype) @ known
                return vector, step + 1, (float(values[-1]), gap) if converged else None
        beside.append(norm)
        basis[step + 1] = product / norm
    raise AssertionError("unreachable: the last step returns")


def check_memory(needed: int, budget: int, what: str) -> None:
    """Refuse what does not fit, before any work.

    Raises:
        InputError: If more bytes are needed than the budget has; the message says how many.
    """
    if needed > budget:
        raise InputError(
            given=f"{what}, which would take {needed / 1e9:.2g} GB",
            allowed=f"at most {budget / 1e9:.2g} GB",
            do="use fewer samples or neurons, float32, or a larger budget",
        )

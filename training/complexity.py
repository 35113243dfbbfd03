"""Rademacher complexities of the linear and of the quadratic class, from exact suprema, and proven bounds on them.

For signs ε and inputs x_1…x_n the complexity of a class F is `E_ε sup_{f∈F} (1/n) Σ_i ε_i f(x_i)`. Both suprema are
exact (Nichani, Bai, Lee 2022 bound them):

- linear, `{f_L(·; P_≤W) : ‖W‖_F ≤ B}`: `B ‖(1/n) Σ_i ε_i P_≤φ(x_i)‖`;
- quadratic, `{f_Q(·; W) : Σ_r ‖w_r‖⁴ ≤ B⁴}`: `(B²/2) ((1/m) Σ_r λ_max^+(A_r)²)^{1/2}` with
  `A_r = (1/n) Σ_i ε_i a_r σ''(w0_r·x_i) x_i x_iᵀ`.

Proven bounds, given the inputs, with M the largest |σ''(w0_r·x_i)| and V_r the operator norm of
`(1/n²) Σ_i σ''(w0_r·x_i)² |x_i|² x_i x_iᵀ`:

- linear: at most `(B/n) (Σ_i ‖P_≤φ(x_i)‖²)^{1/2}` (Jensen), and at least 1/√2 times this (Szarek 1976 in its vector
  form, Latała and Oleszkiewicz 1994);
- quadratic: at most `(B²/2) ((2/m)(1 + log d) Σ_r V_r)^{1/2}` (matrix Rademacher tails, Tropp 2012), so
  `M B² ((1 + log d) ‖XᵀX/n‖ d/(2n))^{1/2}` on the sphere; for a paired network at least
  `(B²/(2√2)) ((1/m) Σ_{r≤m/2} (1/n²) Σ_i σ''(w0_r·x_i)² |x_i|⁴ / d)^{1/2}`: of a pair's A_r and -A_r one attains
  the operator norm, which is at least the Frobenius norm over √d.

All are homogeneous in B (or B²), so functions here take B = 1. n enters the two-sided bounds as n^{-1/2} exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import scipy.stats
import torch
from torch import Tensor

from theory.errors import InputError
from training.network import Network
from training.sphere import generator
from training.subspace import Subspace

Supremum = Callable[[Tensor], Tensor]

# Numbers held at once by the matrices A_r of a block of neurons: 32 MB in float64.
_BLOCK_ENTRIES = 1 << 22


@dataclass(frozen=True)
class RademacherEstimate:
    """An average of suprema over independent sign vectors.

    Args:
        mean: The average.
        lower: Lower end of the Student interval.
        upper: Upper end.
        level: Its level.
        guaranteed: Half-width at the same level by McDiarmid's inequality, which assumes nothing on the
            distribution; infinite where no bounded differences were given.
        draws: The number of sign vectors.
    """

    mean: float
    lower: float
    upper: float
    level: float
    guaranteed: float
    draws: int


class LinearClass:
    """The class `{f_L(·; P_≤W) : ‖W‖_F ≤ 1}` on given inputs.

    Args:
        directions: The good directions P_≤ of a network.
        X: Inputs, `(n, d)`.

    Raises:
        InputError: If there is no input.
    """

    def __init__(self, directions: Subspace, X: Tensor) -> None:
        _check_inputs(X)
        self.directions = directions
        self.low = directions.features_low(X)

    @property
    def n(self) -> int:
        """The number of inputs."""
        return self.low.shape[0]

    def supremum(self, signs: Tensor) -> Tensor:
        """The supremum for each row of signs `(N, n)`: `‖(1/n) Σ_i ε_i P_≤φ(x_i)‖`, `(N,)`."""
        found: Tensor = torch.linalg.vector_norm(signs.to(self.low.dtype) @ self.low, dim=1) / self.n
        return found

    def maximiser(self, signs: Tensor) -> Tensor:
        """The movement of norm 1 that attains the supremum for signs `(n,)`, `(m, d)`; 0 if that is 0."""
        z = self.low.T @ signs.to(self.low.dtype)
        size = torch.linalg.vector_norm(z)
        return self.directions.lift(z if size == 0 else z / size)

    def upper(self) -> float:
        """The bound `(1/n) √tr(Φ_≤ Φ_≤ᵀ)` on the complexity."""
        return math.sqrt(float(self.low.square().sum())) / self.n

    def lower(self) -> float:
        """The bound from below, `upper/√2`."""
        return self.upper() / math.sqrt(2)

    def differences(self) -> Tensor:
        """By how much a flip of sign i can move the supremum: `(2/n) ‖P_≤φ(x_i)‖`, `(n,)`."""
        lengths: Tensor = torch.linalg.vector_norm(self.low, dim=1)
        return 2 * lengths / self.n


class QuadraticClass:
    """The class `{f_Q(·; W) : Σ_r ‖w_r‖⁴ ≤ 1}` on given inputs.

    Args:
        network: The network at initialization.
        X: Inputs, `(n, d)`, of its dtype.

    Raises:
        InputError: If there is no input.
    """

    def __init__(self, network: Network, X: Tensor) -> None:
        _check_inputs(X)
        self.network = network
        self.X = X
        self.bends = network.on(X).sigma(2).T.contiguous()

    @property
    def n(self) -> int:
        """The number of inputs."""
        return self.X.shape[0]

    def supremum(self, signs: Tensor) -> Tensor:
        """The supremum for each row of signs `(N, n)`: `½ ((1/m) Σ_r λ_max^+(A_r)²)^{1/2}`, `(N,)`."""
        found = []
        for eps in signs.to(self.X.dtype):
            top = torch.cat(
                [self._positive(torch.linalg.eigvalsh(self._matrices(eps, r))) for r in self._blocks()], dim=1
            )
            found.append(top.square().sum())
        return (torch.stack(found) / self.network.m).sqrt() / 2

    def maximiser(self, signs: Tensor) -> Tensor:
        """A movement with `Σ_r ‖w_r‖⁴ = 1` that attains the supremum for signs `(n,)`, `(m, d)`; 0 if that is 0.

        `w_r = (λ_r^+/Λ)^{1/2}` times a top eigenvector of A_r, `Λ² = Σ_r (λ_r^+)²`.
        """
        net, eps = self.network, signs.to(self.X.dtype)
        values, vectors = torch.linalg.eigh(self._matrices(eps, slice(0, net.distinct)))
        top = self._positive(values)
        units = vectors[..., -1]
        if net.paired:
            units = torch.cat((units, vectors[..., 0]))
        size = torch.linalg.vector_norm(top.flatten())
        return torch.zeros_like(units) if size == 0 else (top.flatten() / size).sqrt()[:, None] * units

    def upper(self) -> float:
        """The bound `½ ((2/m)(1 + log d) Σ_r V_r)^{1/2}` on the complexity."""
        net = self.network
        weights = self.bends.square() * self.X.square().sum(dim=1) / self.n**2
        total = 0.0
        for rows in self._blocks():
            squares = (self.X.T * weights[rows, None]) @ self.X
            total += float(torch.linalg.eigvalsh(squares)[:, -1].sum())
        copies = 2 if net.paired else 1
        return 0.5 * math.sqrt(2 * (1 + math.log(net.d)) * copies * total / net.m)

    def upper_on_sphere(self) -> float:
        """The coarser bound `M ((1 + log d) ‖XᵀX/n‖ d/(2n))^{1/2}`, which shows the rate."""
        net = self.network
        size = float(torch.linalg.matrix_norm(self.X.T @ self.X / self.n, ord=2))
        length = float(self.X.square().sum(dim=1).max())
        return float(self.bends.abs().max()) * math.sqrt((1 + math.log(net.d)) * size * length / (2 * self.n))

    def lower(self) -> float:
        """The bound from below, of a paired network: `(1/(2√2)) ((1/m) Σ_{r≤m/2} E‖A_r‖_F²/d)^{1/2}`.

        Raises:
            InputError: If the network is not paired.
        """
        net = self.network
        if not net.paired:
            raise InputError(
                given="a network that is not paired",
                allowed="a paired one: its class is symmetric, as the bound from below needs",
                do="make the network with initialise",
            )
        energy = (self.bends.square() * self.X.square().sum(dim=1).square()).sum() / self.n**2
        return math.sqrt(float(energy) / (net.m * net.d)) / (2 * math.sqrt(2))

    def differences(self) -> Tensor:
        """By how much a flip of sign i can move the supremum, `(n,)`.

        `(2/n) sup |f(x_i)| ≤ (1/n) |x_i|² ((1/m) Σ_r σ''(w0_r·x_i)²)^{1/2}`, all rows counted.
        """
        mean = self.bends.square().mean(dim=0).sqrt()
        return self.X.square().sum(dim=1) * mean / self.n

    def _matrices(self, eps: Tensor, rows: slice) -> Tensor:
        """A_r for a range of the distinct neurons, `(count, d, d)`."""
        weights = self.bends[rows] * self.network.a[: self.network.distinct][rows, None] * (eps / self.n)
        return (self.X.T * weights[:, None]) @ self.X

    def _positive(self, values: Tensor) -> Tensor:
        """λ_max^+ of A_r and, in a paired network, of -A_r: `(1 or 2, count)`."""
        ends = [values[:, -1], -values[:, 0]] if self.network.paired else [values[:, -1]]
        return torch.stack(ends).clamp(min=0)

    def _blocks(self) -> list[slice]:
        net = self.network
        step = max(1, _BLOCK_ENTRIES // (net.d * max(net.d, self.n)))
        return [slice(start, min(start + step, net.distinct)) for start in range(0, net.distinct, step)]


def rademacher(
    supremum: Supremum,
    n: int,
    *,
    draws: int,
    seed: int,
    level: float = 1 - 1e-6,
    differences: Tensor | None = None,
) -> RademacherEstimate:
    """The complexity as a mean of exact suprema over independent sign vectors, with its intervals.

    The Student interval takes the mean of the draws as normal. McDiarmid's inequality needs only the differences
    c_i: the mean of N draws is a function of N·n signs, so it errs by t or more with probability
    `2 exp(-2 N t²/Σ c_i²)` at most.

    Args:
        supremum: From signs `(N, n)` to suprema `(N,)`.
        n: The number of inputs.
        draws: Sign vectors, 3 or more.
        seed: Seed; the purpose "rademacher" is used.
        level: Level of both intervals.
        differences: Bounds c_i on the change by a flip of sign i, `(n,)`.

    Raises:
        InputError: If there are too few draws or the level is not in (0, 1).
    """
    if draws < 3 or not 0 < level < 1:
        raise InputError(
            given=f"{draws} draws at level {level}",
            allowed="3 draws or more and a level in (0, 1)",
            do="draw more sign vectors, or correct the level",
        )
    values = supremum(draw_signs(draws, n, seed=seed)).double()
    mean = float(values.mean())
    width = float(scipy.stats.t.isf((1 - level) / 2, draws - 1) * values.std()) / math.sqrt(draws)
    guaranteed = math.inf
    if differences is not None:
        guaranteed = math.sqrt(float(differences.square().sum()) * math.log(2 / (1 - level)) / (2 * draws))
    return RademacherEstimate(mean, mean - width, mean + width, level, guaranteed, draws)


def draw_signs(draws: int, n: int, *, seed: int) -> Tensor:
    """Independent fair signs, `(draws, n)`, float64."""
    coin = torch.randint(0, 2, (draws, n), generator=generator(seed, "rademacher"))
    return (2 * coin - 1).double()


def all_signs(n: int) -> Tensor:
    """All 2^n sign vectors, `(2^n, n)`, float64: the mean over them is the complexity itself.

    Raises:
        InputError: If n is not in 1…16.
    """
    if not 1 <= n <= 16:
        raise InputError(given=f"n={n}", allowed="1 ≤ n ≤ 16", do="use `rademacher`, which samples the signs")
    bits = torch.arange(2**n)[:, None] >> torch.arange(n) & 1
    return (2 * bits - 1).double()


def quadratic_norm(W: Tensor) -> float:
    """`‖W‖_{2,4} = (Σ_r ‖w_r‖⁴)^{1/4}`."""
    return math.sqrt(math.sqrt(float(W.double().square().sum(dim=1).square().sum())))


def deviation(size: float, n: int, delta: float) -> float:
    """`3 c √(log(2/δ)/(2n))`, the deviation of a bounded loss in [0, c] with the empirical complexity.

    With probability 1 - δ, for all f in the class, `E ℓ(f) ≤ (1/n) Σ ℓ(f) + 2 Rad_n(ℓ∘F) + 3 c √(log(2/δ)/(2n))`
    (Bartlett, Mendelson 2002), and `Rad_n(ℓ∘F) ≤ L Rad_n(F)` for L-Lipschitz losses (Ledoux, Talagrand).

    Raises:
        InputError: If c or n is not positive, or δ not in (0, 1).
    """
    if not (size > 0 and n > 0 and 0 < delta < 1):
        raise InputError(
            given=f"c={size}, n={n}, δ={delta}", allowed="c > 0, n > 0, 0 < δ < 1", do="correct the argument"
        )
    return 3 * size * math.sqrt(math.log(2 / delta) / (2 * n))


def _check_inputs(X: Tensor) -> None:
    if X.shape[0] < 1:
        raise InputError(given="no inputs", allowed="1 input or more", do="pass the inputs of the sample")

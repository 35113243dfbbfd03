"""The profile h of the movement with which the quadratic part expresses a sparse polynomial of degree k + 1.

The polynomial splits as `q(z) = √B(d,k+1) P_{k+1}(z/√d) = z² p(z) + r(z)` with deg p = k - 1 and r affine. With
`p_l = E p(z) P_l(z/√d)` and `μ_l(σ'') = E σ''(z) P_l(z/√d)`,

    h(u) = Σ_l p_l B(d,l)/μ_l(σ'') P_l(u),    E_w σ''(w·x) h(β·w) = p(β·x)    (Funk, Hecke),

so neurons that move along β by an amount whose signed square is h(β·w0_r) express z² p(z); r is left for the
linear part.

Source: Nichani, Bai, Lee 2022; the construction goes back to Bai and Lee 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.harmonic import ridge_coefficients
from training.network import Network
from training.sphere import gegenbauer, harmonic_count
from training.target import Target

# Coefficients of quadratures round to about 1e-16 of the function; with up to 1e5 harmonics of one degree, a share
# of E σ''² below this is zero.
_VANISHING = 1e-22
# Weights of length 1 ± this are on the unit sphere: single precision, with room.
_UNIT = 1e-5


@dataclass(frozen=True)
class NeuronProfile:
    """The profile h of the movement that expresses `z² p(z)`, for one activation, dimension and degree.

    Args:
        d: Dimension of the inputs.
        k: Degree of the dense part; the sparse part has degree k + 1.
        p: The numbers p_l, l = 0…k-1.
        mu: The numbers μ_l(σ''), l = 0…k-1.
        rest: Coefficients (r_0, r_1) of the affine rest r(z) = r_0 + r_1 z.
    """

    d: int
    k: int
    p: tuple[float, ...]
    mu: tuple[float, ...]
    rest: tuple[float, float]

    @property
    def weights(self) -> tuple[float, ...]:
        """The coefficients `p_l B(d,l)/μ_l(σ'')` of P_l in h; 0 where p_l is 0 by parity."""
        pairs = enumerate(zip(self.p, self.mu, strict=True))
        return tuple(p * harmonic_count(self.d, l) / mu if p else 0.0 for l, (p, mu) in pairs)

    def __call__(self, u: Tensor) -> Tensor:
        """h(u) for u = β·w on [-1, 1], elementwise."""
        terms = (weight * gegenbauer(l, self.d, u) for l, weight in enumerate(self.weights) if weight)
        return torch.stack(list(terms)).sum(dim=0)

    @property
    def mean_square(self) -> float:
        """`E h(β·w)² = Σ_l p_l² B(d,l)/μ_l(σ'')²`, of order d^{k-1}."""
        return math.fsum(w**2 / harmonic_count(self.d, l) for l, w in enumerate(self.weights))


def profile(activation: Activation, d: int, k: int) -> NeuronProfile:
    """The profile h for sparse directions of degree k + 1.

    Raises:
        InputError: If d is below 3 or k outside 1…d-1, or some μ_l(σ'') that is needed vanishes.
    """
    if d < 3 or not 1 <= k < d:
        raise InputError(given=f"k={k} at d={d}", allowed="d of 3 or more, 1 ≤ k < d", do="choose such a k")
    powers = [math.sqrt(harmonic_count(d, k + 1)) * c for c in _ridge_powers(d, k + 1)]
    p = ridge_coefficients(lambda z: _polynomial(powers[2:], z), d, k - 1)
    # p has the parity of k - 1: the other numbers are 0 up to rounding.
    p = tuple(value if (k - 1 - l) % 2 == 0 else 0.0 for l, value in enumerate(p))
    mu = ridge_coefficients(lambda z: activation.derivative(z, 2), d, k - 1)
    (energy,) = ridge_coefficients(lambda z: activation.derivative(z, 2).square(), d, 0)
    for l, (needed, value) in enumerate(zip(p, mu, strict=True)):
        if needed and not value**2 * harmonic_count(d, l) > _VANISHING * energy:
            raise InputError(
                given=f"the activation {activation.name!r} with μ_{l}(σ'') = {value:.2g} in dimension d={d}",
                allowed=f"an activation whose μ_l(σ'') is not 0 for l in {list(range(k - 1, -1, -2))}",
                do="use an activation with a shift, such as tanh(z + 1/2), or another degree k",
            )
    return NeuronProfile(d, k, p, mu, (powers[0], powers[1]))


def check_fit(network: Network, target: Target) -> None:
    """Refuse a network that cannot express a target by these movements.

    Raises:
        InputError: If the dimensions differ, there are fewer distinct neurons than sparse directions, or a row
            of w0 is not of length 1.
    """
    if network.d != target.d:
        raise InputError(
            given=f"a target in dimension {target.d} for a network in dimension {network.d}",
            allowed="one dimension",
            do="make both for the same d",
        )
    if network.distinct < target.R:
        raise InputError(
            given=f"{network.distinct} distinct neurons for R={target.R} sparse directions",
            allowed="at least one distinct neuron per sparse direction",
            do=f"widen the network to m={2 * target.R} or more",
        )
    off = float((torch.linalg.vector_norm(network.w0.double(), dim=1) - 1).abs().max())
    if not off <= _UNIT:
        raise InputError(
            given=f"first-layer weights whose length differs from 1 by up to {off:.2g}",
            allowed="unit vectors, for which the formula of Funk and Hecke holds",
            do="scale every row of w0 to length 1",
        )


def _ridge_powers(d: int, l: int) -> list[float]:
    """Coefficients of `P_l(z/√d)` by power of z, from the three-term recurrence."""
    before, now = [0.0], [1.0]
    for i in range(l):
        shifted = [0.0, *(value / math.sqrt(d) for value in now)]
        padded = before + [0.0] * (len(shifted) - len(before))
        top, bottom = (2 * i + d - 2, i + d - 2) if i else (1, 1)
        step = [(top * s - i * b) / bottom for s, b in zip(shifted, padded, strict=True)]
        before, now = now, step
    return now


def _polynomial(powers: list[float], z: Tensor) -> Tensor:
    value = torch.zeros_like(z)
    for c in reversed(powers):
        value = value * z + c
    return value

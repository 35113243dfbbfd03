"""Explicit movements that express a target f* = f_k + f_sp: W_Q in the QuadNTK, and both parts at once.

With the profile h of `training.expressivity_profile`, `w_r = m^{-1/4} b_r β`, `b_r² = 4 max(a_r h(β·w0_r), 0)`, has
`E f_Q(x; W_Q) = (β·x)² p(β·x)` at every width: of a pair exactly one member moves. (Without pairs the mean is over
independent fair signs a_r too.) R sparse directions take R
groups of neurons, each with b_r² divided by its share of the neurons. W_L of `training.expressivity_linear` takes
the rest, and random signs S keep the linear part of W_Q small: `W* = W_L + W_Q⊙S`.

Source: Nichani, Bai, Lee 2022; the construction of W_Q goes back to Bai and Lee 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.expressivity_linear import limit_movement, linear_movement
from training.expressivity_profile import check_fit, profile
from training.moments import MomentDirections
from training.network import Network
from training.sphere import generator
from training.subspace import in_float64
from training.target import Target


@dataclass(frozen=True, eq=False)
class Joint:
    """The movement `W* = W_L + W_Q⊙S`.

    Args:
        linear: W_L, `(m, d)`.
        quadratic: W_Q, `(m, d)`.
        signs: S, `(m,)`.
    """

    linear: Tensor
    quadratic: Tensor
    signs: Tensor

    @property
    def W(self) -> Tensor:
        """W*, `(m, d)`."""
        return torch.addcmul(self.linear, self.quadratic, self.signs[:, None])


def quadratic_movement(network: Network, target: Target) -> Tensor:
    """The movement W_Q with `E f_Q(x; W_Q) = Σ_i α_i (β_i·x)² p(β_i·x)`, `(m, d)`.

    The mean is over w0 if the network is paired. Without pairs it is over w0 and independent fair signs a, and for
    other signs a, all +1 say, the formula is false.

    Neuron r of group i, whose share of the neurons is s_i: `w_r = m^{-1/4} b_r β_i` with
    `b_r² = 4 max(a_r α_i h(β_i·w0_r)/s_i, 0)`. Its size is `E ‖W_Q‖_{2,4}^4 = 8 E h² Σ_i α_i²/s_i`.

    Raises:
        InputError: As `check_fit`, or if the activation lacks a μ_l(σ'') that is needed.
    """
    check_fit(network, target)
    exact = in_float64(network)
    h = profile(network.activation, target.d, target.k)
    group, shares = _groups(network, target.R)
    betas = target.sparse.directions[group]
    scale = (target.sparse.coefficients / shares)[group]
    aligned = exact.a * scale * h((exact.w0 * betas).sum(dim=1))
    b = 2 * aligned.clamp(min=0).sqrt()
    W: Tensor = network.m**-0.25 * b[:, None] * betas
    return W.to(network.dtype)


def quadratic_size(activation: Activation, target: Target, m: int) -> float:
    """`E ‖W_Q‖_{2,4}^4 = 8 E h² Σ_i α_i²/s_i` for a paired network of width m, exact; `→ 8 R E h² Σ_i α_i²`.

    Raises:
        InputError: As `profile`, or unless m is even and at least 2R.
    """
    if m % 2 or m < 2 * target.R:
        raise InputError(
            given=f"width m={m} for R={target.R} sparse directions",
            allowed=f"an even width of at least {2 * target.R}: one pair of neurons per sparse direction",
            do=f"choose m={max(m + m % 2, 2 * target.R)}",
        )
    counts = torch.bincount(torch.arange(m // 2) % target.R, minlength=target.R)
    total = (target.sparse.coefficients.square() * (m // 2) / counts).sum()
    return 8 * profile(activation, target.d, target.k).mean_square * float(total)


def random_signs(network: Network, *, seed: int) -> Tensor:
    """Independent fair signs, one per neuron, `(m,)`, from the stream "movement signs" of the seed."""
    coin = torch.randint(0, 2, (network.m,), generator=generator(seed, "movement signs"))
    return (2 * coin - 1).to(network.dtype)


def joint_movement(
    network: Network, target: Target, *, seed: int, directions: MomentDirections | None = None
) -> Joint:
    """The movement `W* = W_L + W_Q⊙S` whose full network tends to f* as m grows (Nichani, Bai, Lee 2022).

    Args:
        network: The network, with unit rows w0.
        target: The target.
        seed: Seed of the signs S.
        directions: P_≤ from the moments; then W_L has the least norm, else it is that of infinite width.

    Raises:
        InputError: As `quadratic_movement`, `linear_movement` and `limit_movement`.
    """
    linear = limit_movement(network, target) if directions is None else linear_movement(target, directions)
    return Joint(linear, quadratic_movement(network, target), random_signs(network, seed=seed))


def _groups(network: Network, R: int) -> tuple[Tensor, Tensor]:
    """Group of every neuron (pairs stay together), `(m,)`, and the shares of the groups, `(R,)`."""
    rows = torch.arange(network.distinct) % R
    shares = torch.bincount(rows, minlength=R).double() / network.distinct
    return (torch.cat((rows, rows)) if network.paired else rows), shares

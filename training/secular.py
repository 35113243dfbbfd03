r"""The inner minimum of one neuron, `min_w b·w + ½ wᵀCw + c‖w‖⁴`, for many neurons at once.

As `c x² ≥ 2 c s x - c s²` for every s, with x = ‖w‖², the minimum is the maximum over s of the concave `h(s) =
min_w b·w + ½ wᵀ(C + 4cs I)w - c s² = -½ bᵀ(C + 4cs I)^{-1} b - c s²`, s ≥ max(0, -λ_min(C)/(4c)): nothing is
lost although C is indefinite. Where the maximiser lies above that end, it solves the secular equation `‖w(s)‖²
= s`, `w(s) = -(C + 4cs I)^{-1} b`. In the *hard case* it is the end itself: b then has no component along the
bottom eigenvector, of which a multiple fills w up to `‖w‖² = s`, with either sign (Moré, Sorensen 1983; the
same for a quartic instead of a ball).

The equation is solved in the form `1/‖w(s)‖ = 1/√s`: both sides less each other are concave and increasing, so
Newton's steps from below the root rise to it and never pass it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError

_STEPS = 60
# Newton's steps stop at this change relative to x: below the kink of the hard case x itself is tiny.
_TOLERANCE = 1e-14
# Stands for 0 in a denominator; its square is still a positive float64.
_TINY = 1e-150


@dataclass(frozen=True, eq=False)
class Minima:
    """Inner minima of R neurons.

    Args:
        value: The minima, `(R,)`.
        s: The maximisers s of h, `(R,)`: the minimisers' squared lengths.
        w: Minimisers, `(R, d)`; in the hard case one of two.
        end: The smallest s allowed, `max(0, -λ_min(C)/(4c))`, `(R,)`.
    """

    value: Tensor
    s: Tensor
    w: Tensor
    end: Tensor


def inner_minima(b: Tensor, C: Tensor, c: float) -> Minima:
    """The minima of `b·w + ½ wᵀCw + c‖w‖⁴` over w.

    Args:
        b: The linear parts, `(R, d)`, float64.
        C: The symmetric quadratic parts, `(R, d, d)`.
        c: The weight of the quartic part, positive.

    Raises:
        InputError: If c is not positive and finite, or b or C is not finite.
    """
    _check(b, C, c)
    eigenvalues, vectors = torch.linalg.eigh(C)
    beta = (vectors.mT @ b[:, :, None])[:, :, 0]
    value, s, coordinates, end = in_eigenbasis(beta, eigenvalues, c)
    return Minima(value, s, (vectors @ coordinates[:, :, None])[:, :, 0], end)


def paired_minima(b: Tensor, C: Tensor, c: float) -> Minima:
    """The minima for (b, C) and then for (-b, -C), `(2R, …)`: pairs of neurons share an eigendecomposition.

    Raises:
        InputError: As `inner_minima`.
    """
    _check(b, C, c)
    eigenvalues, vectors = torch.linalg.eigh(C)
    beta = (vectors.mT @ b[:, :, None])[:, :, 0]
    # -C has the eigenvalues in the opposite order; `in_eigenbasis` wants them to rise.
    value, s, coordinates, end = in_eigenbasis(
        torch.cat((beta, -beta.flip(1))), torch.cat((eigenvalues, -eigenvalues.flip(1))), c
    )
    first, second = coordinates[: len(b)], coordinates[len(b) :].flip(1)
    w = torch.cat([(vectors @ each[:, :, None])[:, :, 0] for each in (first, second)])
    return Minima(value, s, w, end)


def in_eigenbasis(beta: Tensor, eigenvalues: Tensor, c: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Values, s, coordinates of the minimisers and ends, where C is diagonal with rising eigenvalues `(R, d)`."""
    end = (-eigenvalues[:, 0] / (4 * c)).clamp(min=0)
    # C + 4cs I at the end: not negative, and exactly 0 at the bottom where the end is not 0.
    mu = torch.where(end[:, None] > 0, eigenvalues - eigenvalues[:, :1], eigenvalues.clamp(min=0))
    beyond = _secular(beta.square(), mu, end, c)
    s = end + beyond
    denominator = (mu + 4 * c * beyond[:, None]).clamp(min=_TINY)
    coordinates = -beta / denominator
    curved = (beta.square() / denominator).sum(dim=1)
    # Hard case, exact or by rounding: what is missing to ‖w‖² = s goes along the bottom, where it costs nothing.
    missing = (s - coordinates.square().sum(dim=1)).clamp(min=0)
    direction = torch.where(beta[:, 0] > 0, -1.0, 1.0)
    filled = direction * (coordinates[:, 0].square() + missing).sqrt()
    bottom = torch.where(end > 0, filled, coordinates[:, 0])
    coordinates = torch.cat((bottom[:, None], coordinates[:, 1:]), dim=1)
    return -curved / 2 - c * s.square(), s, coordinates, end


def _secular(weights: Tensor, mu: Tensor, end: Tensor, c: float) -> Tensor:
    """The root x > 0 of `Σ_k weights_k/(mu_k + 4cx)² = end + x`, `(R,)`; about 0 in the hard case.

    At the root `4cx ≤ ‖b‖/√s ≤ ‖b‖/√x`, which bounds it from above, and the bottom component alone bounds it
    from below. The lower bound is never 0, where the hard case would divide by 0; any x above 0 gives a valid
    s.
    """
    high = (weights.sum(dim=1).sqrt() / (4 * c)).pow(2 / 3).clamp(min=_TINY)
    low = weights[:, 0].sqrt() / (4 * c * (end + high).sqrt()) - mu[:, 0] / (4 * c)
    low = torch.minimum(torch.maximum(low, 1e-20 * high), high)
    x = low
    for _ in range(_STEPS):
        shifted = (mu + 4 * c * x[:, None]).clamp(min=_TINY)
        ratio = weights / shifted.square()
        square = ratio.sum(dim=1).clamp(min=_TINY)
        s = end + x
        gap = square.rsqrt() - s.rsqrt()
        slope = (ratio / shifted).sum(dim=1) * (4 * c) * square.pow(-1.5) + 0.5 * s.pow(-1.5)
        moved = torch.minimum(torch.maximum(x - gap / slope, low), high)
        settled = (moved - x).abs() <= _TOLERANCE * x
        x = moved
        if bool(settled.all()):
            break
    return x


def _check(b: Tensor, C: Tensor, c: float) -> None:
    finite = bool(torch.isfinite(b).all()) and bool(torch.isfinite(C).all())
    if not (0 < c < float("inf")) or not finite:
        raise InputError(
            given=f"a quartic weight c={c}" if finite else "a linear or quadratic part that is not finite",
            allowed="c positive and finite, and finite b and C",
            do="use λ4 > 0 and a dual point with t > 0 and finite entries",
        )

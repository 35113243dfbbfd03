"""Claims on random signs: what f_L, f_Q and f^(3) become when each neuron's movement gets a fair sign."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import sympy as sp
import torch
from torch import Tensor

from theory import signs
from training.network import Network
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.formal_signs import PROOFS
from verify.claims.indexed import prover, spot_check
from verify.claims.taylor import GENERAL, PAPER, sizes
from verify.claims.twins import ROUNDING, draw, small_cases
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind


def sign_identity(context: Context, *, which: str) -> Evidence:
    """The sign average for general m, from E S_r S_s = δ_rs and E S_r = 0."""
    pair = Identity(which, *_PAIRS[which]())
    return prove([pair], seed=context.seed, prover=prover(signs.SIGN_RULES), spot_check=spot_check())


def identity_enumerated(context: Context, *, which: str) -> Evidence:
    """The same with symbolic entries at m = 3, d = 2, averaged over the eight sign vectors."""
    mean, stated = signs.exact_identities(size=3, dimension=2)[which]
    terms = sp.Add.make_args(sp.expand(mean - stated))
    left_over = 0 if terms == (sp.S.Zero,) else len(terms)
    return from_comparisons([compare("terms left over", IDENTITY, exact(left_over), exact(0))])


def energy_enumerated(context: Context, *, factor: int = 1) -> Evidence:
    """The mean of f_L² over all 2^m sign vectors in torch, against the stated sum."""

    def sides(network: Network, W: Tensor, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stated = factor * (network.sigma1(X) * (X @ W.T)).square().sum(dim=1) / network.m
        return _over_signs(network, 1, W, X).square().mean(dim=0), stated, sizes(network, 1, W, X) ** 2

    return _enumerate(context, "E_S f_L²", sides)


def unchanged_enumerated(context: Context) -> Evidence:
    """f_Q in torch at all 2^m sign vectors, against f_Q without signs."""

    def sides(network: Network, W: Tensor, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        spread = (_over_signs(network, 2, W, X) - network.f_Q(W, X)).abs().amax(dim=0)
        return spread, torch.zeros_like(spread), sizes(network, 2, W, X)

    return _enumerate(context, "max_S |f_Q(W⊙S) - f_Q(W)|", sides)


def cubic_enumerated(context: Context) -> Evidence:
    """The mean of f^(3) over all 2^m sign vectors in torch, against 0."""

    def sides(network: Network, W: Tensor, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = _over_signs(network, 3, W, X).mean(dim=0)
        return mean, torch.zeros_like(mean), sizes(network, 3, W, X)

    return _enumerate(context, "E_S f^(3)", sides)


Sides = Callable[[Network, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]


def _enumerate(context: Context, label: str, sides: Sides) -> Evidence:
    """Both sides per input, relative to the size of the terms; the worst input of each case."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        left, right, size = sides(*draw(case))
        worst = int(((left - right).abs() / size).argmax())
        return [
            compare(
                label,
                IDENTITY,
                measured(float(left[worst])),
                measured(float(right[worst])),
                resolution=ROUNDING,
                relative_to=float(size[worst]) or 1.0,
                reason="float64 rounding relative to the sum of the terms' sizes",
                parameters=case,
            )
        ]

    return hold_property(context, small_cases(), test, examples=context.pick(25, 100))


def _over_signs(network: Network, order: int, W: Tensor, X: Tensor) -> Tensor:
    """f^(order)(x; W⊙S) for every S, `(2^m, n)`."""
    vectors = torch.tensor(list(itertools.product((1.0, -1.0), repeat=network.m)), dtype=torch.float64)
    return torch.stack([network.term(order, S[:, None] * W, X) for S in vectors])


EIGHT = "m = 3, d = 2, symbolic entries and σ, all eight sign vectors"
GENERAL_SIGNS = "every m, n, d and function, over the list of all 2^m sign vectors"
_PAIRS = {
    "energy": signs.linear_energy,
    "unchanged": signs.quadratic_unchanged,
    "mean": signs.cubic_mean,
}

CLAIMS = (
    Claim(
        id="taylor.sign-linear",
        title="Energy of f_L under random signs",
        statement=r"\mathbb{E}_S\,f_L(x;W\odot S)^2 = \frac1m \sum_r \sigma'(w_{0,r}\cdot x)^2 (w_r\cdot x)^2",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$S_r$ independent fair signs", r"$a_r = \pm1$"),
        depends_on=("taylor.linear-term",),
        checks=(
            PROOFS.check("linear", scope=GENERAL_SIGNS),
            Check(Kind.SYMBOLIC, partial(sign_identity, which="energy"), scope=GENERAL, general=True),
            Check(Kind.SYMBOLIC, partial(identity_enumerated, which="linear"), scope=EIGHT),
            Check(
                Kind.PROPERTY,
                energy_enumerated,
                scope="torch, all 2^m sign vectors, m ≤ 6",
            ),
        ),
    ),
    Claim(
        id="taylor.sign-quadratic",
        title="f_Q does not see signs",
        statement=r"f_Q(x;W\odot S) = f_Q(x;W) \text{ for every sign vector } S",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("taylor.quadratic-term",),
        checks=(
            PROOFS.check("quadratic", scope=GENERAL_SIGNS),
            Check(Kind.SYMBOLIC, partial(sign_identity, which="unchanged"), scope=GENERAL, general=True),
            Check(Kind.SYMBOLIC, partial(identity_enumerated, which="quadratic"), scope=EIGHT),
            Check(
                Kind.PROPERTY,
                unchanged_enumerated,
                scope="torch, all 2^m sign vectors, m ≤ 6",
            ),
        ),
    ),
    Claim(
        id="taylor.sign-cubic",
        title="The third term averages out",
        statement=r"\mathbb{E}_S\,f^{(3)}(x;W\odot S) = 0",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$S_r$ independent fair signs",),
        depends_on=("taylor.cubic-term",),
        checks=(
            PROOFS.check("cubic", scope=GENERAL_SIGNS),
            Check(Kind.SYMBOLIC, partial(sign_identity, which="mean"), scope=GENERAL, general=True),
            Check(Kind.SYMBOLIC, partial(identity_enumerated, which="cubic"), scope=EIGHT),
            Check(
                Kind.PROPERTY,
                cubic_enumerated,
                scope="torch, all 2^m sign vectors, m ≤ 6",
            ),
        ),
    ),
    Claim(
        id="control.sign-energy",
        title="Energy under signs, twice too large",
        statement=r"\mathbb{E}_S\,f_L(x;W\odot S)^2 = \frac2m \sum_r \sigma'(w_{0,r}\cdot x)^2 (w_r\cdot x)^2",
        bound=IDENTITY,
        source="control",
        control_of="taylor.sign-linear",
        fault="factor 2",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(energy_enumerated, factor=2),
                scope="torch, all 2^m sign vectors, m ≤ 6",
            ),
        ),
    ),
)

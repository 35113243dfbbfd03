"""Claims on the regularizer's terms R_1…R_4: gradients and Hessians, in general and in the training code."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from theory import regularizer
from theory.arithmetic import evaluate
from theory.expansion import d, l, m, n, q, w
from training.covariance import SampledCovariance
from training.directions import GoodDirections, good_directions
from training.network import Network
from training.regularizer import (
    GroupNorm,
    HighDegreePopulation,
    HighDegreeSample,
    LowDegreeNorm,
    Regularizer,
)
from training.sphere import generator, sample_sphere
from verify.bound import IDENTITY, Comparison
from verify.claim import Check, Claim, Context
from verify.claims.formal_regularizer import ENTRIES, PROOFS
from verify.claims.indexed import FIELD, along, entries, prover, spot_check
from verify.claims.twins import ACTIVATIONS, agree, draw, rows
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.verdict import Kind

v = sp.IndexedBase("v")
PAPER = "the regularizer of Nichani, Bai, Lee 2022; Hessians: this project"
GENERAL = "every m, n, d, every features, projector and covariance"

FORMULAS = {
    1: (
        r"R_1 = \frac1n\sum_i f_L(x_i;P_>W)^2",
        r"\tfrac2n P_>\Phi^\top\Phi P_>W",
        r"\tfrac2n P_>\Phi^\top\Phi P_>",
    ),
    2: (r"R_2 = \langle P_>W, \Sigma P_>W\rangle", r"2P_>\Sigma P_>W", r"2P_>\Sigma P_>"),
    3: (r"R_3 = \|P_\le W\|_F^2", r"2P_\le W", r"2P_\le"),
    4: (
        r"R_4 = \Big(\sum_r\|w_r\|^4\Big)^2,\ S = \sum_r\|w_r\|^4",
        r"\left(8S\,\|w_r\|^2 w_r\right)_r",
        r"\left(8S(\|w_r\|^2 I + 2w_rw_r^\top)\delta_{rs} + 32\|w_r\|^2\|w_s\|^2 w_rw_s^\top\right)_{rs}",
    ),
}


def gradient(context: Context, *, number: int, factor: sp.Expr = sp.S.One) -> Evidence:
    """SymPy's derivative in w[q,l] against the stated entry, for symbolic m, n, d."""
    derived, stated = regularizer.gradient_pair(number)
    pair = Identity(f"∂R_{number}/∂w[q,l]", derived, factor * stated)
    return prove([pair], seed=context.seed, prover=prover(regularizer.RULES), spot_check=spot_check())


def gradient_without_outer_projection(context: Context) -> Evidence:
    """2 Σ P_> W in the place of 2 P_> Σ P_> W."""
    g, h, u, c = sp.symbols("g h u c", integer=True)
    high = w[g, h] - sp.Sum(regularizer.P_low[g, h, u, c] * w[u, c], (u, 1, m), (c, 1, d))
    wrong = 2 * sp.Sum(regularizer.Sigma[q, l, g, h] * high, (g, 1, m), (h, 1, d))
    pair = Identity("∂R_2/∂w[q,l]", regularizer.gradient(2), wrong)
    return prove([pair], seed=context.seed, prover=prover(regularizer.RULES), spot_check=spot_check())


def hessian(context: Context, *, number: int) -> Evidence:
    """SymPy's second derivative against the stated entry, for symbolic m, n, d."""
    pair = Identity(f"∂²R_{number}/∂w[q,l]∂w[s,l']", *regularizer.hessian_pair(number))
    return prove([pair], seed=context.seed, prover=prover(regularizer.RULES), spot_check=spot_check())


def torch_gradient(context: Context, *, number: int) -> Evidence:
    """Value and gradient in torch against the expressions that SymPy derives."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        at = setting(case)
        values, ours = values_of(at, number), torch_term(at, number)
        cells = cells_of(case) if number == 2 else all_cells(case)
        value_size, slope_size = sizes_of(at, number)
        twin = evaluate(regularizer.term(number), values, FIELD)
        gradient = ours.grad(at.W)
        picked = torch.stack([gradient[cell] for cell in cells])
        return [
            agree(f"R_{number}", ours.value(at.W), [twin], size=value_size, parameters=case),
            agree(
                f"∇R_{number}",
                picked,
                entries(slope(number), values, cells),
                size=slope_size,
                parameters=case,
            ),
        ]

    return hold_property(context, _cases(), test, examples=context.pick(20, 50, 100))


def torch_hessian(context: Context, *, number: int) -> Evidence:
    """Hessian-vector products in torch against SymPy's derivative of the gradient along W + tV at t = 0."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        at = setting(case)
        source = generator(case["seed"], "direction")
        V = case["scale"] * torch.randn(at.W.shape, generator=source, dtype=torch.float64)
        values = {**values_of(at, number), v: rows(V)}
        cells = cells_of(case) if number == 2 else all_cells(case)
        twin = entries(bend(number), values, cells)
        product = torch_term(at, number).hvp(at.W, V)
        picked = torch.stack([product[cell] for cell in cells])
        return [agree(f"∇²R_{number}·V", picked, twin, size=sizes_of(at, number)[1], parameters=case)]

    return hold_property(context, _cases(), test, examples=context.pick(20, 50, 100))


@dataclass(frozen=True)
class Setting:
    """A network with its movement, inputs, good directions and sampled covariance."""

    network: Network
    W: Tensor
    X: Tensor
    directions: GoodDirections
    covariance: SampledCovariance


def _cases() -> SearchStrategy[dict[str, Any]]:
    """The smallest size in which P_≤ is neither 0 nor I: n_1 = 4 directions of 6 independent features."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.just(4),
            "d": strategies.just(3),
            "n": strategies.integers(1, 3),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "scale": strategies.sampled_from((0.1, 1.0, 4.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def all_cells(case: dict[str, Any]) -> list[tuple[int, int]]:
    """Every entry of an m×d array."""
    return list(itertools.product(range(case["m"]), range(case["d"])))


def cells_of(case: dict[str, Any]) -> list[tuple[int, int]]:
    """Four entries of an m×d array, other ones for each seed: R_2 is slow to evaluate exactly."""
    return random.Random(case["seed"]).sample(all_cells(case), 4)


def setting(case: dict[str, Any]) -> Setting:
    """The setting of a case; everything comes from its seed."""
    network, W, X = draw(case)
    # Σ from other points than P_≤: from the same ones they would commute, and P_>ΣP_> would equal ΣP_>.
    unlabeled, others = (
        sample_sphere(40, case["d"], radius=case["d"] ** 0.5, generator=generator(case["seed"], purpose))
        for purpose in ("unlabeled", "covariance")
    )
    return Setting(network, W, X, good_directions(network, unlabeled, 1), SampledCovariance(network, others))


def values_of(at: Setting, number: int) -> dict[Any, Any]:
    """Values of the symbols that R_number contains; arrays of floats enter as the numbers that they are."""
    shape = tuple(at.W.shape)
    U = at.directions.basis()
    arrays: dict[Any, Callable[[], Tensor]] = {
        regularizer.phi: lambda: at.network.features(at.X).reshape(-1, *shape),
        regularizer.P_low: lambda: (U @ U.T).reshape(*shape, *shape),
        regularizer.Sigma: lambda: at.covariance.dense().reshape(*shape, *shape),
    }
    needed: dict[int, tuple[Any, ...]] = {
        1: (regularizer.phi, regularizer.P_low),
        2: (regularizer.P_low, regularizer.Sigma),
        3: (regularizer.P_low,),
        4: (),
    }
    values: dict[Any, Any] = {base: rows(arrays[base]()) for base in needed[number]}
    sizes = {m: shape[0], d: shape[1]} | ({n: at.X.shape[0]} if number == 1 else {})
    return {**sizes, w: rows(at.W), **values}


def torch_term(at: Setting, number: int) -> Regularizer:
    """R_number of the training code."""
    terms: dict[int, Callable[[], Regularizer]] = {
        1: lambda: HighDegreeSample(at.directions, at.network.on(at.X)),
        2: lambda: HighDegreePopulation(at.directions, at.covariance),
        3: lambda: LowDegreeNorm(at.directions),
        4: GroupNorm,
    }
    return terms[number]()


def sizes_of(at: Setting, number: int) -> tuple[float, float]:
    """Sizes of the terms of R and of ∇R before P_> cancels them, which rounding is relative to."""
    if number == 4:
        return 0.0, 0.0
    largest = float(torch.linalg.vector_norm(at.W))
    features = at.network.features(at.X) if number == 1 else at.directions.unlabeled.features()
    gain = 1.0 if number == 3 else float(features.square().sum(dim=1).max())
    return gain * largest**2, gain * largest


@cache
def slope(number: int) -> sp.Expr:
    """Entry [q,l] of ∇R as SymPy derives it."""
    return regularizer.gradient(number)


@cache
def bend(number: int) -> sp.Expr:
    """Entry [q,l] of ∇²R·V, V in the base ``v``."""
    return along(slope(number))


def _claims(number: int) -> tuple[Claim, Claim]:
    definition, slope, bend = FORMULAS[number]
    projector = ("directions.projector",) if number < 4 else ()
    return (
        Claim(
            id=f"regularizer.gradient-r{number}",
            title=f"Gradient of R_{number}",
            statement=rf"{definition}, \quad \nabla R_{number}(W) = {slope}",
            bound=IDENTITY,
            source=PAPER,
            depends_on=projector,
            checks=(
                PROOFS.check(f"gradient_r{number}", scope=ENTRIES),
                Check(Kind.SYMBOLIC, partial(gradient, number=number), scope=GENERAL, general=True),
                Check(
                    Kind.PROPERTY, partial(torch_gradient, number=number), scope="torch, m = 4, d = 3, k = 1"
                ),
            ),
        ),
        Claim(
            id=f"regularizer.hessian-r{number}",
            title=f"Hessian of R_{number}",
            statement=rf"\nabla^2 R_{number}(W) = {bend}",
            bound=IDENTITY,
            source=PAPER,
            depends_on=(f"regularizer.gradient-r{number}",),
            checks=(
                PROOFS.check(f"hessian_r{number}", scope=ENTRIES),
                Check(Kind.SYMBOLIC, partial(hessian, number=number), scope=GENERAL, general=True),
                Check(
                    Kind.PROPERTY, partial(torch_hessian, number=number), scope="torch, m = 4, d = 3, k = 1"
                ),
            ),
        ),
    )


CLAIMS = (
    *itertools.chain.from_iterable(_claims(number) for number in (1, 2, 3, 4)),
    Claim(
        id="control.gradient-r4",
        title="Gradient of R_4 with 4 for 8",
        statement=r"\nabla R_4(W) = \left(4S\,\|w_r\|^2 w_r\right)_r",
        bound=IDENTITY,
        source="control",
        control_of="regularizer.gradient-r4",
        fault="factor 8 halved",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(gradient, number=4, factor=sp.Rational(1, 2)),
                scope=GENERAL,
                general=True,
            ),
        ),
    ),
    Claim(
        id="control.gradient-r1",
        title="Gradient of R_1 without its factor 2",
        statement=r"\nabla R_1(W) = \tfrac1n P_>\Phi^\top\Phi P_>W",
        bound=IDENTITY,
        source="control",
        control_of="regularizer.gradient-r1",
        fault="factor 2 dropped",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(gradient, number=1, factor=sp.Rational(1, 2)),
                scope=GENERAL,
                general=True,
            ),
        ),
    ),
    Claim(
        id="control.gradient-r2",
        title="Gradient of R_2 without the outer projection",
        statement=r"\nabla R_2(W) = 2\Sigma P_>W",
        bound=IDENTITY,
        source="control",
        control_of="regularizer.gradient-r2",
        fault="P_> dropped in front of Σ",
        checks=(Check(Kind.SYMBOLIC, gradient_without_outer_projection, scope=GENERAL, general=True),),
    ),
)

"""Claims on the good directions: the projector P_≤ by the dual route, and the exact feature covariance Σ."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from torch import Tensor

from theory import signs, sphere
from theory.arithmetic import compile_arb
from training.activation import activation
from training.covariance import ExactCovariance
from training.directions import GoodDirections, good_directions
from training.network import Network, initialise
from training.sphere import generator, low_degree_count, sample_sphere
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims import formal_signs
from verify.claims.covariance_dense import dense_numbers
from verify.claims.indexed import prover, spot_check
from verify.claims.twins import ACTIVATIONS, agree
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.statistics import STUDENT, error_rates, mean_interval
from verify.verdict import Kind

PAPER = "the spectral route of Montanari and Zhong 2020 and Nichani, Bai, Lee 2022"
# An orthonormal basis from N×N eigenvectors loses digits with the ratio of the eigenvalues that it keeps; at
# the sizes drawn here that ratio is below 1e4.
ORTHONORMAL = 1e-10


def projector(context: Context, *, shift: int = 0) -> Evidence:
    """P_≤ of the dual route: symmetric, idempotent, of trace n_k; P_> is its complement."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        _, directions, W = _draw(case)
        U = directions.basis()
        P = U @ U.T
        flat = W.reshape(-1)
        low, high = directions.project(W), directions.project_out(W)
        norm = float(torch.linalg.vector_norm(W))
        n_k = exact(sphere.n_k(sp.Integer(case["d"]), case["k"]) + shift)
        gaps = {
            "‖P² - P‖": (P @ P - P).abs().max() * norm,
            "‖P_≤W - UUᵀW‖": (low.reshape(-1) - P @ flat).abs().max(),
            "‖P_≤P_≤W - P_≤W‖": (directions.project(low) - low).abs().max(),
            "‖P_>P_≤W‖": directions.project_out(low).abs().max(),
            "‖P_≤W + P_>W - W‖": (low + high - W).abs().max(),
        }
        compared = [
            compare(
                label,
                IDENTITY,
                measured(float(gap)),
                exact(0),
                resolution=ORTHONORMAL,
                relative_to=norm,
                reason="float64 eigenvectors whose eigenvalues differ by less than 1e4",
                parameters=case,
            )
            for label, gap in gaps.items()
        ]
        trace = measured(float(P.trace()))
        compared.append(
            compare(
                "tr P_≤ against n_k",
                IDENTITY,
                trace,
                n_k,
                resolution=ORTHONORMAL,
                relative_to=n_k.value,
                reason="as above",
                parameters=case,
            )
        )
        return compared

    return hold_property(context, _cases(), test, examples=context.pick(20, 100))


def dense_route(context: Context) -> Evidence:
    """The same projector from the dense (md)×(md) matrix ΦᵀΦ/N and LAPACK, without the dual problem."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, directions, _ = _draw(case)
        features = network.features(_unlabeled(case)).numpy()
        values, vectors = np.linalg.eigh(features.T @ features / len(features))
        n_k = low_degree_count(case["d"], case["k"])
        gap = (values[-n_k] - values[-n_k - 1]) / values[-1]
        if gap < 1e-4:
            return []  # no gap, no projector: the two routes need not agree
        U = vectors[:, -n_k:]
        mine = directions.basis().numpy()
        distance = float(np.abs(U @ U.T - mine @ mine.T).max())
        return [
            compare(
                "P_≤, dual against dense",
                IDENTITY,
                measured(distance),
                exact(0),
                resolution=1e-9,
                reason="rounding 1e-16 times the inverse relative gap 1e4, with room for the sums",
                parameters=case,
            )
        ]

    return hold_property(context, _cases(), test, examples=context.pick(20, 100))


def sign_trace(context: Context) -> Evidence:
    """The trace formula for every m and d, from E S_r S_s = δ_rs."""
    pair = Identity("E_S ‖P_≤(W⊙S)‖²", *signs.low_energy())
    return prove([pair], seed=context.seed, prover=prover(signs.SIGN_RULES), spot_check=spot_check())


def sign_trace_enumerated(context: Context, *, factor: int = 1) -> Evidence:
    """All 2^m sign vectors in torch against the diagonal blocks of P_≤."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        _, directions, W = _draw({**case, "m": 8, "d": 3})
        total = 0.0
        for S in itertools.product((1.0, -1.0), repeat=len(W)):
            low = directions.project(torch.tensor(S, dtype=torch.float64)[:, None] * W)
            total += float(low.square().sum())
        U = directions.basis().reshape(*W.shape, -1)
        stated = factor * float(torch.einsum("ri,ric->rc", W, U).square().sum())
        return [
            compare(
                "mean over all 256 sign vectors",
                IDENTITY,
                measured(total / 2 ** len(W)),
                measured(stated),
                resolution=ORTHONORMAL,
                relative_to=stated,
                reason="float64 eigenvectors whose eigenvalues differ by less than 1e4",
                parameters=case,
            )
        ]

    return hold_property(context, _cases(), test, examples=context.pick(10, 50))


def covariance_entries(context: Context, *, factor: int = 1) -> Evidence:
    """Σ in torch against E cos(v·x) x xᵀ in ball arithmetic, from the 0F1 function and its derivatives."""
    s = sp.Symbol("s")

    def test(case: dict[str, Any]) -> list[Comparison]:
        network = initialise(case["m"], case["d"], activation("sincos"), seed=case["seed"])
        dense = ExactCovariance(network).dense()
        j1, j2 = (compile_arb(_ball_derivative(case["d"], order, s), [s], prec=192) for order in (1, 2))
        twin = []
        for r, i in np.ndindex(case["m"], case["d"]):
            for t, l in np.ndindex(case["m"], case["d"]):
                v = [arb(float(x)) - arb(float(y)) for x, y in zip(network.w0[r], network.w0[t], strict=True)]
                square = sum((each * each for each in v), arb(0))
                sign = arb(float(network.a[r] * network.a[t])) / case["m"]
                diagonal = 2 * j1(square) if i == l else arb(0)
                twin.append(-sign * (diagonal + 4 * factor * j2(square) * v[i] * v[l]))
        return [agree("Σ", dense, twin, parameters=case)]

    cases = strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4, 6)),
            "d": strategies.sampled_from((3, 4, 7)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(8, 40))


def covariance_by_sampling(context: Context) -> Evidence:
    """⟨W, ΣW⟩ against the mean of f_L(x;W)² over fresh inputs: the torch network, sampler and Σ together."""
    count, d, m = context.pick(100_000, 1_000_000), 8, 20
    network = initialise(m, d, activation("sincos"), seed=context.seed)
    covariance = ExactCovariance(network)
    comparisons = []
    for index in range(3):
        W = torch.randn(m, d, generator=generator(context.seed, f"movement {index}"), dtype=torch.float64)
        X = sample_sphere(count, d, radius=math.sqrt(d), generator=generator(context.seed, f"inputs {index}"))
        mean = mean_interval(network.f_L(W, X).square().numpy(), alpha=context.alpha / 3)
        comparisons.append(
            compare(
                f"E f_L², movement {index}",
                IDENTITY,
                measured(mean.value),
                measured(float(covariance.quadratic(W))),
                resolution=mean.upper - mean.value,
                reason=STUDENT,
                parameters={"d": d, "m": m, "N": count},
            )
        )
    return from_comparisons(comparisons, error_rates=error_rates(context, comparisons))


def _cases() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((10, 16)),
            "d": strategies.integers(3, 4),
            "k": strategies.sampled_from((1, 2)),
            "N": strategies.sampled_from((120, 600)),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def _unlabeled(case: dict[str, Any]) -> Tensor:
    return sample_sphere(
        case["N"], case["d"], radius=case["d"] ** 0.5, generator=generator(case["seed"], "unlabeled")
    )


def _draw(case: dict[str, Any]) -> tuple[Network, GoodDirections, Tensor]:
    network = initialise(case["m"], case["d"], activation(case["activation"]), seed=case["seed"])
    W = torch.randn(case["m"], case["d"], generator=generator(case["seed"], "movement"), dtype=torch.float64)
    return network, good_directions(network, _unlabeled(case), case["k"]), W


def _ball_derivative(dimension: int, order: int, s: sp.Symbol) -> sp.Expr:
    """The derivative of j(s) = 0F1(; b; -ds/4) in s: (-d/4)^order / (b)_order · 0F1(; b + order; -ds/4)."""
    b, d = sp.Rational(dimension, 2), sp.Integer(dimension)
    return (-d / 4) ** order / sp.rf(b, order) * sp.hyper((), (b + order,), -d * s / 4)


CLAIMS = (
    Claim(
        id="directions.projector",
        title="P_≤ is an orthogonal projector of rank n_k",
        statement=r"P_\le^2 = P_\le = P_\le^\top, \quad P_\le + P_> = I, \quad \mathrm{tr}\,P_\le = n_k",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"at least $3n_k$ unlabeled points in general position",),
        depends_on=("directions.projector-algebra", "sphere.counting"),
        checks=(
            Check(Kind.PROPERTY, projector, scope="torch, m ≤ 16, d ≤ 4, k ≤ 2, N on both sides of 512"),
            Check(
                Kind.PROPERTY,
                dense_route,
                scope="torch against LAPACK on the dense matrix, where there is a gap",
            ),
        ),
    ),
    Claim(
        id="directions.sign-trace",
        title="Energy of random signs in ran P_≤",
        statement=r"\mathbb{E}_S\,\|P_\le(W\odot S)\|_F^2 = \sum_r w_r^\top (P_\le)_{rr}\,w_r",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$S_r$ independent fair signs",),
        depends_on=("directions.projector-algebra",),
        checks=(
            Check(Kind.SYMBOLIC, sign_trace, scope="every m and d, every symmetric projector", general=True),
            Check(Kind.PROPERTY, sign_trace_enumerated, scope="torch, all 2^8 sign vectors, m = 8, d = 3"),
            formal_signs.PROOFS.check("projection", scope="every m and d, every symmetric idempotent P"),
        ),
    ),
    Claim(
        id="directions.covariance",
        title="The feature covariance in closed form",
        statement=r"\Sigma_{rs} = \frac{a_ra_s}{m}\,\mathbb{E}[\cos(v\cdot x)\,xx^\top] = "
        r"-\frac{a_ra_s}{m}\left(2j'(\|v\|^2)\,I + 4j''(\|v\|^2)\,vv^\top\right), \quad v = w_{0,r}-w_{0,s}",
        bound=IDENTITY,
        source="this project",
        assumptions=(r"$\sigma = \sin + \cos$",),
        depends_on=("sphere.bessel-moments",),
        checks=(
            Check(Kind.PROPERTY, covariance_entries, scope="torch against balls, every entry, m ≤ 6, d ≤ 7"),
            Check(Kind.STATISTICAL, covariance_by_sampling, scope="torch, three movements, d = 8, m = 20"),
            Check(
                Kind.PROPERTY,
                dense_numbers,
                scope="torch: signed energies, error bars, eigenvalues, m ≤ 24",
            ),
        ),
    ),
    Claim(
        id="control.rank",
        title="P_≤ with one direction too many",
        statement=r"\mathrm{tr}\,P_\le = n_k + 1",
        bound=IDENTITY,
        source="control",
        control_of="directions.projector",
        fault="n_k off by one",
        checks=(Check(Kind.PROPERTY, partial(projector, shift=1), scope="torch, m ≤ 16, d ≤ 4, k ≤ 2"),),
    ),
    Claim(
        id="control.covariance",
        title="Covariance with 8j'' for 4j''",
        statement=r"\Sigma_{rs} = -\frac{a_ra_s}{m}\left(2j'\,I + 8j''\,vv^\top\right)",
        bound=IDENTITY,
        source="control",
        control_of="directions.covariance",
        fault="factor 4 doubled",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(covariance_entries, factor=2),
                scope="torch against balls, m ≤ 6, d ≤ 7",
            ),
        ),
    ),
)

"""Claims on the landscape: the identity that holds at any movement W, and its parts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb

from theory import activation as exact_activation
from theory import landscape as exact_landscape
from theory import loss as exact_loss
from theory.arithmetic import compile_arb, evaluate
from theory.landscape import COEFFICIENTS, u, v
from theory.signs import P_low
from training.landscape import Identity, identity, signed_curvature, signed_regularizer_curvatures
from training.objective import Objective
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context, Profile
from verify.claims.formal_landscape import BOUND, PROOFS, SCOPE
from verify.claims.indexed import FIELD, prover, spot_check
from verify.claims.landscape_cases import (
    SMALL,
    draw_landscape,
    draw_smallest,
    landscape_cases,
    size_of_bends,
)
from verify.claims.loss import loss_values
from verify.claims.twins import ROUNDING, agree, rows
from verify.evidence import Evidence
from verify.exact import PRECISION, prove
from verify.exact import Identity as ExactIdentity
from verify.property import hold_property
from verify.quantity import measured
from verify.verdict import Kind

PAPER = "the argument of Bai, Lee 2020 and Nichani, Bai, Lee 2022; this form: this project"
GENERAL = "every m, n, d, every W, W_L, W_Q, every projector, every smooth ℓ and σ"
CURVATURE = "every m, n, d, every W, W_Q, every smooth ℓ and σ"


def derived_identity(
    context: Context, *, which: str, coefficients: Mapping[str, sp.Rational] = COEFFICIENTS
) -> Evidence:
    """SymPy's gradient and Hessian of the loss, contracted with the directions, for symbolic m, n, d."""
    pair = exact_landscape.identity(which=which, coefficients=coefficients)
    labelled = ExactIdentity("(1/n) Σ ℓ'_i (f*_i - f_i)", *pair)
    return prove([labelled], seed=context.seed, prover=prover(exact_landscape.RULES), spot_check=spot_check())


def derived_curvature(context: Context) -> Evidence:
    """E_S S_r S_s = δ_rs in the contracted Hessian against the contraction of its diagonal blocks."""
    pair = ExactIdentity("E_S ∇²L[W_Q⊙S, W_Q⊙S]", *exact_landscape.curvature_pair())
    return prove([pair], seed=context.seed, prover=prover(exact_landscape.RULES), spot_check=spot_check())


def derived_curvature_enumerated(context: Context) -> Evidence:
    """The mean over all 2^m sign vectors at m = d = 2, n = 1, with symbolic entries and a general loss."""
    sides = [sp.expand(side) for side in exact_landscape.curvature_pair_enumerated(2, 2, 1)]
    names = {node: sp.Symbol(f"t{k}", real=True) for k, node in enumerate(_atoms(*sides))}
    pair = ExactIdentity("E_S ∇²L[W_Q⊙S, W_Q⊙S]", *(side.xreplace(names) for side in sides))
    return prove([pair], seed=context.seed)


def derived_regularizers(context: Context) -> Evidence:
    """⟨∇R, V⟩ + ½ E_S ∇²R[W_Q⊙S, W_Q⊙S] from SymPy's derivatives against the stated forms, R_1 … R_4."""
    pairs = [ExactIdentity(f"R_{k}", *exact_landscape.regularizer_pair(k)) for k in (1, 2, 3, 4)]
    return prove(pairs, seed=context.seed, prover=prover(exact_landscape.RULES), spot_check=spot_check())


def torch_identity(context: Context, *, which: str, scale: Mapping[str, float] | None = None) -> Evidence:
    """Both sides in torch, and the gradient terms once more from the objective's own gradient."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, competitor = draw_landscape({**case, "model": which})
        found = identity(objective, W, competitor)
        right = sum(value * (scale or {}).get(name, 1.0) for name, value in found.terms.items())
        compared = [_close("both sides", found.gap, float(right), found, case)]
        if scale is None:
            plain = Objective(
                objective.network,
                objective.sample.X,
                objective.y,
                objective.loss,
                lambda_=(0, 0, 0, 0),
                model=which,
            )
            slope = plain.grad(W)
            low = objective.directions.project(W) if objective.directions is not None else 0 * W
            for name, V in (("gradient along W_L", competitor.linear), ("gradient along P_low W", low)):
                other = float(COEFFICIENTS[name]) * float((slope * V).sum())
                compared.append(_close(name, found.terms[name], other, found, case))
        return compared

    return hold_property(context, landscape_cases(), test, examples=context.pick(40, 300))


def torch_terms(context: Context) -> Evidence:
    """Each term in torch against its symbolic twin in ball arithmetic, for the model and the full network."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, competitor, U = draw_smallest(case)
        found, shape = identity(objective, W, competitor), W.shape
        values = {
            **loss_values(objective.network, W, objective.sample.X, objective.y),
            u: rows(competitor.linear),
            v: rows(competitor.quadratic),
            P_low: rows((U @ U.T).reshape(*shape, *shape)),
        }
        functions = _functions(case["loss"], case["activation"])
        ours = {"left side": found.gap} | found.terms
        return [
            agree(
                name,
                torch.tensor([ours[name]], dtype=torch.float64),
                [evaluate(twin, values, FIELD, functions=functions)],
                size=found.size,
                parameters=case,
            )
            for name, twin in _sides(case["model"]).items()
        ]

    return hold_property(context, landscape_cases(largest=2), test, examples=context.pick(2, 12))


def torch_signs(context: Context) -> Evidence:
    """Means over all 2^m sign vectors of the objective's Hessian-vector products, loss and regularizers."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, competitor = draw_landscape(case)
        Q = competitor.quadratic
        plain = Objective(
            objective.network,
            objective.sample.X,
            objective.y,
            objective.loss,
            lambda_=(0, 0, 0, 0),
            model=case["model"],
        )
        every = [
            torch.tensor(s, dtype=torch.float64)[:, None] * Q
            for s in itertools.product((1, -1), repeat=len(Q))
        ]
        stated = {"L": signed_curvature(objective, W, Q), **signed_regularizer_curvatures(objective, W, Q)}
        products: dict[str, Any] = {
            "L": plain,
            **{name: term for name, (_, term) in objective.regularizers.items()},
        }
        compared = []
        for name, term in products.items():
            each = torch.stack([(V * term.hvp(W, V)).sum() for V in every])
            compared.append(
                compare(
                    f"E_S ∇²{name}[W_Q⊙S, W_Q⊙S]",
                    IDENTITY,
                    measured(stated[name]),
                    measured(float(each.mean())),
                    resolution=ROUNDING,
                    relative_to=float(each.abs().max()) + size_of_bends(objective, W, Q) or 1.0,
                    reason="float64 rounding relative to the largest of the averaged values and their terms",
                    parameters=case,
                )
            )
        return compared

    return hold_property(context, landscape_cases(), test, examples=context.pick(5, 60))


def _close(label: str, one: float, other: float, found: Identity, case: Mapping[str, Any]) -> Comparison:
    return compare(
        label,
        IDENTITY,
        measured(one),
        measured(other),
        resolution=ROUNDING,
        relative_to=found.size,
        reason="float64 rounding relative to the sizes of all terms",
        parameters=case,
    )


@cache
def _sides(model: str) -> dict[str, sp.Expr]:
    """Both sides of the identity for generic ℓ and σ: the left one, and the terms of the right one."""
    right = {name: COEFFICIENTS[name] * term for name, term in exact_landscape.terms(which=model).items()}
    return {"left side": exact_landscape.gap(which=model), **right}


@cache
def _functions(name: str, sigma: str) -> dict[str, Callable[..., arb]]:
    """ℓ, σ and their derivatives as functions of balls, under the names of the generic ones."""
    ell, own = exact_loss.LOSSES[name].expr, exact_activation.builtin(sigma)
    arguments = [exact_loss.y, exact_loss.z]
    losses = {
        f"ell{mark}": compile_arb(sp.diff(ell, exact_loss.z, order), arguments, prec=PRECISION)
        for order, mark in enumerate(("", "'", "''"))
    }
    return losses | {
        f"sigma{mark}": compile_arb(own.derivative(order), [own.variable], prec=PRECISION)
        for order, mark in enumerate(("", "'", "''"))
    }


def _atoms(*expressions: sp.Expr) -> list[sp.Expr]:
    """The entries and the values of ℓ', ℓ'', σ', σ'' in written-out expressions, those with arguments first."""
    found = set().union(*(each.atoms(sp.Indexed, sp.Function) for each in expressions))
    return sorted(found, key=lambda node: (-node.count_ops(), str(node)))


_BEND = r"\tfrac12\mathbb{E}_S\nabla^2L[W_Q\odot S, W_Q\odot S]"
_ENERGY = r"\tfrac12\sum_i \ell''_i \sum_r g_r(x_i)^2"
_REST = (
    r"- \tfrac12\langle\nabla L, W\rangle - \tfrac12\langle\nabla L, P_\le W\rangle "
    r"+ \tfrac12\langle\ell', X(W, P_\le W)\rangle"
)
_HIGH = r"- \tfrac12\langle\ell', f_L(P_> W)\rangle"
_LEFT = r"\sum_i \ell'_i\,(f^*_i - f_i) = \langle\nabla L, W_L\rangle - \langle\ell', X(W, W_L)\rangle"
_NOTATION = (
    r"$f^* = f_L(W_L) + f_Q(W_Q)$, "
    r"$X(U,V)(x) = m^{-1/2}\sum_r a_r \sigma''(w_{0,r}\cdot x)(u_r\cdot x)(v_r\cdot x)$",
    r"$\ell'_i, \ell''_i$: derivatives in the prediction at $f_i$, divided by $n$; $g_r(x)$: neuron r's part of "
    r"$\nabla f\cdot W_Q$; $S_r$ independent fair signs",
)


def _without(name: str) -> dict[str, sp.Rational]:
    return {key: value for key, value in COEFFICIENTS.items() if key != name}


CLAIMS = (
    Claim(
        id="landscape.sign-curvature",
        title="Random signs see the diagonal blocks of the Hessian",
        statement=r"\mathbb{E}_S\nabla^2L[W_Q\odot S, W_Q\odot S] = \sum_r w_{Q,r}^\top (\nabla^2L)_{rr}\, w_{Q,r}",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"model $f = f_L + f_Q$", r"$S_r$ independent fair signs"),
        depends_on=("loss.hessian", "landscape.derivatives"),
        checks=(
            Check(Kind.SYMBOLIC, derived_curvature, scope=CURVATURE, general=True, profile=Profile.STANDARD),
            Check(
                Kind.SYMBOLIC,
                derived_curvature_enumerated,
                scope="all 4 sign vectors at m = d = 2, n = 1, symbolic entries, every ℓ and σ",
                profile=Profile.STANDARD,
            ),
            Check(
                Kind.PROPERTY,
                torch_signs,
                scope=f"all 2^m sign vectors, loss and R_1 … R_4, the full network too; {SMALL}",
            ),
            PROOFS.check(
                "sign_curvature",
                scope="every m, n, d, every W and W_Q, every twice differentiable ℓ, every σ' and σ''",
            ),
        ),
    ),
    Claim(
        id="landscape.identity",
        title="The landscape identity of the second-order model",
        statement=f"{_LEFT} + {_BEND} - {_ENERGY} {_REST} {_HIGH}",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"model $f = f_L + f_Q$, any $W$, $W_L$, $W_Q$", *_NOTATION),
        depends_on=(
            "landscape.derivatives",
            "landscape.sign-curvature",
            "taylor.linear-term",
            "taylor.quadratic-term",
            "loss.gradient",
        ),
        checks=(
            Check(
                Kind.SYMBOLIC, partial(derived_identity, which="second-order"), scope=GENERAL, general=True
            ),
            Check(Kind.PROPERTY, partial(torch_identity, which="second-order"), scope=SMALL),
            Check(
                Kind.PROPERTY,
                torch_terms,
                scope="each term in torch against its symbolic twin, both models, m = 2, d = 3, n ≤ 2",
                profile=Profile.STANDARD,
            ),
            PROOFS.check("identity", scope=SCOPE),
        ),
    ),
    Claim(
        id="landscape.identity-full",
        title="The landscape identity of the full network",
        statement=f"{_LEFT} + {_BEND} - {_ENERGY} {_REST} {_HIGH} - \\langle\\ell', \\rho\\rangle",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            r"the full network $f$, any $W$, $W_L$, $W_Q$",
            *_NOTATION,
            r"coupling error $\rho = (f - f_L - f_Q) + \delta\nabla f\cdot(W_L - \tfrac12 W - \tfrac12 P_\le W) "
            r"+ \tfrac12\delta\nabla^2f[W_Q, W_Q]$, $\delta$: full network less second-order model",
        ),
        depends_on=("landscape.identity", "taylor.remainder"),
        checks=(
            Check(Kind.SYMBOLIC, partial(derived_identity, which="full"), scope=GENERAL, general=True),
            Check(Kind.PROPERTY, partial(torch_identity, which="full"), scope=SMALL),
        ),
    ),
    Claim(
        id="landscape.regularizers",
        title="What the regularizers add at a stationary point",
        statement=r"\langle\nabla R_j, V\rangle + \tfrac12\mathbb{E}_S\nabla^2R_j[W_Q\odot S, W_Q\odot S] = "
        r"\mathbb{E}_S R_j(W_Q\odot S) - R_j(W) \ (j = 1, 2), \quad "
        r"\mathbb{E}_S R_3(W_Q\odot S) - 2R_3(W) + 2\langle P_\le W, W_L\rangle \ (j = 3)",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            r"$V = W_L - \tfrac12 W - \tfrac12 P_\le W$, $W_L$ in the range of $P_\le$",
            r"for $R_4$, $T = \sum_r\|w_r\|^4$: $-4R_4(W) + 8T\sum_r\|w_r\|^2 w_r\cdot(W_L - \tfrac12 P_\le W)_r "
            r"+ 4T\sum_r(\|w_r\|^2\|w_{Q,r}\|^2 + 2(w_r\cdot w_{Q,r})^2) "
            r"+ 16\sum_r\|w_r\|^4(w_r\cdot w_{Q,r})^2$",
        ),
        depends_on=(
            "landscape.smooth-regularizers",
            *(f"regularizer.{part}-r{k}" for part in ("gradient", "hessian") for k in (1, 2, 3, 4)),
        ),
        checks=(
            Check(
                Kind.SYMBOLIC,
                derived_regularizers,
                scope="every m, n, d, W, W_L, W_Q",
                general=True,
                profile=Profile.STANDARD,
            ),
            *(
                BOUND.check(f"signed_r{k}", scope=f"R_{k}, every m, n, d, W, W_L, W_Q", general=False)
                for k in (1, 2, 3, 4)
            ),
        ),
    ),
    Claim(
        id="control.landscape-half",
        title="The landscape identity without a factor ½",
        statement=f"{_LEFT} + {_BEND} - \\sum_i \\ell''_i \\sum_r g_r(x_i)^2 {_REST} {_HIGH}",
        bound=IDENTITY,
        source="control",
        control_of="landscape.identity",
        fault="the energy of the neurons without its factor ½",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(
                    derived_identity,
                    which="second-order",
                    coefficients={**COEFFICIENTS, "energy of the neurons": -sp.S.One},
                ),
                scope=GENERAL,
                general=True,
                profile=Profile.STANDARD,
            ),
            Check(
                Kind.PROPERTY,
                partial(torch_identity, which="second-order", scale={"energy of the neurons": 2.0}),
                scope=SMALL,
            ),
        ),
    ),
    Claim(
        id="control.landscape-term",
        title="The landscape identity without its last term",
        statement=f"{_LEFT} + {_BEND} - {_ENERGY} {_REST}",
        bound=IDENTITY,
        source="control",
        control_of="landscape.identity",
        fault="the high-degree linear part is missing: W_L takes all of W for a good direction",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(
                    derived_identity, which="second-order", coefficients=_without("high-degree linear part")
                ),
                scope=GENERAL,
                general=True,
                profile=Profile.STANDARD,
            ),
            Check(
                Kind.PROPERTY,
                partial(torch_identity, which="second-order", scale={"high-degree linear part": 0.0}),
                scope=SMALL,
            ),
        ),
    ),
)

"""Claims on one neuron of the dual bound: quartic terms above tangents, and `min b·w + ½wᵀCw + c‖w‖⁴`.

The inequality is an identity with squares, for all d. That nothing is lost is tested in balls: the torch code
gives an s and a w, and the minimum lies between the bound at s and the value at w.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from theory import duality
from theory.arithmetic import working_precision
from theory.dual_bound import PREC, inner_bound
from training.secular import inner_minima, paired_minima
from training.sphere import generator
from verify.bound import IDENTITY, LOWER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.formal_certificate import PROOFS
from verify.claims.indexed import prover, spot_check
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind


def squares(context: Context) -> Evidence:
    """Both quartic inequalities as squares."""
    first, second = duality.tangent_of_square()
    return prove([Identity("c x²", *first), Identity("λ4 S²", *second)], seed=context.seed)


def inner_identity(context: Context, *, factor: int = 4) -> Evidence:
    """One neuron above its bound: symbolic d, any activation."""
    return prove(
        [Identity("φ(w) less its bound", *duality.inner(factor=factor))],
        seed=context.seed,
        prover=prover(duality.curvature_rules()),
        spot_check=spot_check(),
    )


def secular(context: Context, *, factor: int = 4) -> Evidence:
    """The inner minimum, sandwiched in balls: bound at the s found ≤ minimum ≤ value at the w found.

    Any `factor` other than 4 is a fault; more than 4 lets the bound at s rise above the minimum.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        b, C, c = _neurons(case)
        first = inner_minima(b, C, c)
        twin = paired_minima(b, C, c)
        comparisons = []
        with working_precision(PREC):
            for index in range(len(b)):
                value = _phi(b[index], C[index], c, first.w[index])
                s, size = _raised(b[index], C[index], c, float(first.s[index]))
                lower = [arb(float(C[index, i, j])) for i in range(len(C[0])) for j in range(i + 1)]
                linear = [arb(each) for each in b[index].tolist()]
                shift = arb(s) * factor / 4  # K has 4c·shift on its diagonal
                bound = inner_bound(linear, lower, 1, arb(c), shift)
                if bound is None:
                    raise ArithmeticError(f"C + {factor}cs I is not certainly definite at {case}")
                bound += arb(c) * (shift**2 - arb(s) ** 2)
                above = compare(
                    "value at w less the bound at s",
                    LOWER,
                    ball((value - bound) / size),
                    exact(0),
                    reason="the minimum lies between the two",
                    parameters=case,
                )
                near = compare(
                    "value at w less the bound at s, per unit of its terms",
                    IDENTITY,
                    ball((value - bound) / size),
                    exact(0),
                    resolution=1e-9,
                    reason="s is raised by 1e-12 of its size for the proof; rounding of w enters squared",
                    parameters=case,
                )
                comparisons += [above, near] if factor == 4 else [above]
        if factor != 4:
            return comparisons
        shared = torch.cat((first.value, inner_minima(-b, -C, c).value))
        comparisons.append(
            compare(
                "shared eigendecomposition against separate ones",
                IDENTITY,
                measured(float((twin.value - shared).abs().max() / (shared.abs().max() + 1e-300))),
                exact(0),
                resolution=1e-12,
                reason="float64 rounding",
                parameters=case,
            )
        )
        return comparisons

    return hold_property(context, _neuron_cases(), test, examples=context.pick(60, 400))


def _neuron_cases() -> SearchStrategy[dict[str, Any]]:
    """Sizes and scales; `hard` makes b orthogonal to the bottom eigenvector, exactly or up to rounding."""
    return strategies.fixed_dictionaries(
        {
            "d": strategies.integers(1, 6),
            "b": strategies.sampled_from((0.0, 1e-12, 1e-6, 1e-2, 1.0, 1e3)),
            "C": strategies.sampled_from((1e-4, 1.0, 100.0)),
            "c": strategies.sampled_from((1e-4, 0.1, 10.0)),
            "kind": strategies.sampled_from(("any", "hard", "diagonal hard", "definite", "zero")),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def _neurons(case: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor, float]:
    d, source = case["d"], generator(case["seed"], "neurons")
    C = torch.randn(3, d, d, generator=source, dtype=torch.float64)
    C = (C + C.mT) / 2
    b = torch.randn(3, d, generator=source, dtype=torch.float64)
    if case["kind"] == "definite":
        C = C @ C.mT
    elif case["kind"] == "zero":
        C = torch.zeros_like(C)
    elif case["kind"] == "diagonal hard":
        C = torch.diag_embed(torch.linspace(-1, 1, d, dtype=torch.float64).repeat(3, 1))
        b[:, 0] = 0.0
    elif case["kind"] == "hard":
        bottom = torch.linalg.eigh(C).eigenvectors[:, :, 0]
        b = b - (b * bottom).sum(dim=1, keepdim=True) * bottom
    return case["b"] * b, case["C"] * C, case["c"]


def _raised(b: torch.Tensor, C: torch.Tensor, c: float, s: float) -> tuple[float, float]:
    """S raised by 1e-12 of its size, for the proof that C + 4cs I is definite, and the size of the minimum's terms.

    Raising costs about 1e-24 C²/c where s is 0 and the minimum smaller than every term.
    """
    norms = float(b.norm()), float(C.norm())
    size = norms[0] * s**0.5 + norms[1] * s + c * s**2 + 1e-11 * norms[1] ** 2 / c + 1e-180
    return s * (1 + 1e-12) + 1e-12 * norms[1] / (4 * c) + 1e-100, size


def _phi(b: torch.Tensor, C: torch.Tensor, c: float, w: torch.Tensor) -> arb:
    """b·w + ½ wᵀCw + c‖w‖⁴ in balls."""
    x = [arb(each) for each in w.tolist()]
    rows = [[arb(each) for each in row] for row in C.tolist()]
    linear = sum((arb(each) * value for each, value in zip(b.tolist(), x, strict=True)), arb(0))
    curved = sum((x[i] * rows[i][j] * x[j] for i in range(len(x)) for j in range(len(x))), arb(0))
    square = sum((each * each for each in x), arb(0))
    return linear + curved / 2 + arb(c) * square * square


CLAIMS = (
    Claim(
        id="certificate.quartic",
        title="Quartic terms above their tangents",
        statement=r"c\,x^2 \ge 2cs\,x - cs^2, \quad \lambda_4 S^2 \ge 2t\lambda_4 S - \lambda_4 t^2, \quad "
        r"x = \|w\|^2,\ S = \sum_r \|w_r\|^4",
        bound=LOWER,
        source="school",
        assumptions=(r"$c, \lambda_4 \ge 0$",),
        checks=(
            Check(Kind.SYMBOLIC, squares, scope="all numbers, as squares", general=True),
            PROOFS.check("quartic_tangents", scope="every m, d, w, W, s and t"),
        ),
    ),
    Claim(
        id="certificate.inner-minimum",
        title="The least value of one neuron",
        statement=r"\min_w\ b\cdot w + \tfrac12 w^\top C w + c\|w\|^4 = \max_{s}\ "
        r"-\tfrac12 b^\top (C + 4cs I)^{-1} b - cs^2, \quad s > \max(0, -\lambda_{\min}(C)/(4c))",
        bound=IDENTITY,
        source="Moré, Sorensen 1983, with a quartic for the ball",
        assumptions=(r"$c > 0$; in the hard case the maximum is a limit",),
        depends_on=("certificate.quartic",),
        checks=(
            Check(
                Kind.SYMBOLIC,
                inner_identity,
                scope="≥, for every d, σ and s: the difference is a form in K plus a square; equality is "
                "tested by the other check",
            ),
            Check(
                Kind.PROPERTY,
                secular,
                scope="torch, d ≤ 6, scales over 15 orders, hard case: value at w and bound at s in balls",
            ),
            PROOFS.check(
                "inner_bound", scope="≥, for every d, w and s with C + 4cs I semidefinite", general=False
            ),
            PROOFS.check(
                "inner_minimum",
                scope="equality, for every d, where (C + 4c‖w‖² I) w = -b and that matrix is semidefinite",
                general=False,
            ),
        ),
    ),
    Claim(
        id="control.secular-factor",
        title="The inner bound with 8 for the factor 4",
        statement=r"\min_w\ b\cdot w + \tfrac12 w^\top C w + c\|w\|^4 \ge "
        r"-\tfrac12 b^\top (C + 8cs I)^{-1} b - cs^2",
        bound=LOWER,
        source="control",
        control_of="certificate.inner-minimum",
        fault="8cs for 4cs: the bound rises above the minimum, where a smaller factor would only weaken it",
        checks=(
            Check(
                Kind.SYMBOLIC, partial(inner_identity, factor=8), scope="every d: the difference is no square"
            ),
            Check(
                Kind.PROPERTY,
                partial(secular, factor=8),
                scope="d ≤ 6: in balls, the bound lies above the value at some w",
            ),
        ),
    ),
)

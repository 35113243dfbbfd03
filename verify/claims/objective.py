"""Claims on the whole training objective: the fused pass of the training code is the sum of its terms."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from flint import arb
from hypothesis import strategies
from torch import Tensor

from theory import regularizer as exact_terms
from theory.arithmetic import evaluate
from training.activation import activation
from training.covariance import SampledCovariance
from training.directions import good_directions
from training.landscape import MODELS as LANDSCAPE
from training.landscape import Competitor, identity
from training.loss import loss, loss_names
from training.network import initialise
from training.objective import MODELS, Objective
from training.sphere import generator, sample_sphere
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims import regularizer as terms
from verify.claims.indexed import FIELD, entries
from verify.claims.loss import (
    PAPER,
    bend_of_loss,
    direction,
    draw_loss,
    labels,
    loss_cases,
    loss_sizes,
    loss_values,
    slope_of_loss,
    v,
    value_of_loss,
)
from verify.claims.twins import ROUNDING, agree, rows
from verify.evidence import Evidence
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

LAMBDAS = (1.0, 0.5, 0.1, 0.01)


def torch_objective(context: Context) -> Evidence:
    """The fused pass of the training objective against the sum of its terms, each from its own SymPy twin.

    With all weights four entries are compared, since R_2 is slow to evaluate exactly; without R_2, every entry.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        case = {**case, "m": 4, "d": 3}
        at, y = _setting(case), labels(case)
        V = direction(case, at.W)
        everything = _held(case, at, y, V, LAMBDAS, terms.cells_of(case))
        return everything + _held(case, at, y, V, (1.0, 0.0, 0.1, 0.01), terms.all_cells(case))

    return hold_property(context, loss_cases(), test, examples=context.pick(4, 15, 60))


def torch_pieces(context: Context) -> Evidence:
    """A sample of many blocks against its pieces of one block each: L_λ, ∇L_λ, ∇²L_λV and the landscape are means.

    Every term but the first two is that of each piece, and these are means over the sample.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        m, n, pieces = 400, 1300, (0, 410, 800, 1190, 1300)
        network = initialise(m, 3, activation(case["activation"]), seed=case["seed"])
        source = generator(case["seed"], "pieces")
        X, unlabeled = (sample_sphere(count, 3, radius=3**0.5, generator=source) for count in (n, 60))
        y = torch.randn(n, generator=source, dtype=torch.float64)
        W, V, U = (torch.randn(m, 3, generator=source, dtype=torch.float64) / 4 for _ in range(3))
        kept: dict[str, Any] = {
            "lambda_": LAMBDAS,
            "directions": good_directions(network, unlabeled, 1),
            "covariance": SampledCovariance(network, unlabeled),
            "model": case["model"],
        }

        def found(rows: slice) -> list[Tensor]:
            objective = Objective(network, X[rows], y[rows], loss(case["loss"]), **kept)
            value, gradient = objective.value_and_grad(W)
            numbers = [value, objective.value(W)]
            if case["model"] in LANDSCAPE:
                sides = identity(objective, W, Competitor(V, U))
                numbers += [sides.gap, sides.total]
            return [torch.tensor(numbers, dtype=torch.float64), gradient, objective.hvp(W, V)]

        whole = found(slice(0, n))
        parts = [
            [(end - start) / n * each for each in found(slice(start, end))]
            for start, end in itertools.pairwise(pieces)
        ]
        return [
            compare(
                f"{name} of the sample less the mean over its pieces",
                IDENTITY,
                measured(float((one - torch.stack(several).sum(dim=0)).abs().max())),
                exact(0),
                resolution=ROUNDING,
                relative_to=float(torch.stack(several).abs().sum(dim=0).max()) + 1.0,
                reason="float64 rounding of sums of some thousand terms",
                parameters=case,
            )
            for name, one, *several in zip(("values", "∇L_λ", "∇²L_λ·V"), whole, *parts, strict=True)
        ]

    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(("sincos", "tanh-shift")),
            "loss": strategies.sampled_from(loss_names()),
            "model": strategies.sampled_from(MODELS),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(4, 20))


def _held(
    case: dict[str, Any],
    at: terms.Setting,
    y: Tensor,
    V: Tensor,
    weights: tuple[float, ...],
    cells: list[tuple[int, int]],
) -> list[Comparison]:
    """Value, gradient and Hessian-vector product of one objective against the weighted sum of twins."""
    names = (case["loss"], case["activation"], case["model"])
    objective = Objective(
        at.network,
        at.X,
        y,
        loss(case["loss"]),
        lambda_=weights,
        directions=at.directions,
        covariance=at.covariance,
        model=case["model"],
    )
    sizes = loss_sizes(objective, at.W, V)
    values = loss_values(at.network, at.W, at.X, y)
    parts = [(1.0, values, value_of_loss(*names), slope_of_loss(*names), bend_of_loss(*names), sizes)]
    for number, weight in enumerate(weights, start=1):
        if weight:
            value_size, slope_size = terms.sizes_of(at, number)
            found = terms.values_of(at, number), exact_terms.term(number), terms.slope(number)
            bend_size = slope_size * float(torch.linalg.vector_norm(V) / torch.linalg.vector_norm(at.W))
            parts.append((weight, *found, terms.bend(number), (value_size, slope_size, bend_size)))
    totals, size = [[arb(0)], [arb(0)] * len(cells), [arb(0)] * len(cells)], [0.0, 0.0, 0.0]
    for weight, values, term, slope, bend, own in parts:
        twins = [
            [evaluate(term, values, FIELD) * arb(weight)],
            entries(slope, values, cells, weight=weight),
            entries(bend, {**values, v: rows(V)}, cells, weight=weight),
        ]
        for order, twin in enumerate(twins):
            totals[order] = [one + other for one, other in zip(totals[order], twin, strict=True)]
            # A term that does not cancel within itself is as large as its entries.
            size[order] += max(weight * own[order], *(abs(float(entry)) for entry in twin), 0.0)
    ours, gradient = objective.value_and_grad(at.W)
    product, label = objective.hvp(at.W, V), "L_λ" if all(weights) else "L_λ without R_2"
    return [
        agree(label, torch.tensor(ours, dtype=torch.float64), totals[0], size=size[0], parameters=case),
        agree(f"∇{label}", _pick(gradient, cells), totals[1], size=size[1], parameters=case),
        agree(f"∇²{label}·V", _pick(product, cells), totals[2], size=size[2], parameters=case),
    ]


def _pick(array: Tensor, cells: list[tuple[int, int]]) -> Tensor:
    return torch.stack([array[cell] for cell in cells])


def _setting(case: dict[str, Any]) -> terms.Setting:
    """As `regularizer.setting`; four neurons that are not paired have room for the directions of k = 2."""
    if case["paired"]:
        return terms.setting(case)
    network, W, X = draw_loss(case)
    unlabeled, others = (
        sample_sphere(40, case["d"], radius=case["d"] ** 0.5, generator=generator(case["seed"], purpose))
        for purpose in ("unlabeled", "covariance")
    )
    directions = good_directions(network, unlabeled, 2)
    return terms.Setting(network, W, X, directions, SampledCovariance(network, others))


CLAIMS = (
    Claim(
        id="loss.objective",
        title="The training objective is the sum of its terms",
        statement=r"L_\lambda = L + \lambda_1R_1 + \lambda_2R_2 + \lambda_3R_3 + \lambda_4R_4 "
        r"\text{ in value, gradient and Hessian}",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("loss.hessian", *(f"regularizer.hessian-r{number}" for number in (1, 2, 3, 4))),
        checks=(
            Check(Kind.PROPERTY, torch_objective, scope="torch, one fused pass, m = 4, d = 3, k = 1 and 2"),
            Check(
                Kind.PROPERTY,
                torch_pieces,
                scope="torch, n = 1300, m = 400: passes of several blocks against passes of one, four models",
            ),
        ),
    ),
)

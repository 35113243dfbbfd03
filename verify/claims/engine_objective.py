"""Claims on the rigorous objective: its ball holds the value that a slow reading gives, and no bound is uncertain.

The other side loops over neurons, points and coordinates at 400 bits, with nothing of the fast route: no series
with a remainder, no pairing of neurons, no matrices.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from flint import arb

from theory.activation import builtin
from theory.arithmetic import working_precision
from theory.dual_bound import Enclosure, inner_bound
from theory.dual_data import Data, Point
from theory.errors import InputError
from verify.bound import IDENTITY, UPPER, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC, encloses
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact
from verify.verdict import Kind

PROJECT = "this project"
Rows: TypeAlias = list[list[float]]
Balls: TypeAlias = list[list[arb]]

# σ, σ', σ'' by name, as the objective's problems use them.
SIGMAS: dict[str, tuple[Callable[[arb], arb], ...]] = {
    "sincos": (
        lambda u: u.sin() + u.cos(),
        lambda u: u.cos() - u.sin(),
        lambda u: -u.sin() - u.cos(),
    ),
    "tanh-shift": (
        lambda u: (u + 0.5).tanh(),
        lambda u: 1 - (u + 0.5).tanh() ** 2,
        lambda u: -2 * (u + 0.5).tanh() * (1 - (u + 0.5).tanh() ** 2),
    ),
}
LOSSES: dict[str, Callable[[arb], arb]] = {"squared": lambda g: g * g, "logcosh": lambda g: g.cosh().log()}


def objective(context: Context, *, quadratic: float = 0.5) -> Evidence:
    """L_λ of the second-order model and of the network, and the coupling, at random problems.

    Args:
        context: The context.
        quadratic: For controls: the factor of f_Q.
    """
    compared = []
    cases = itertools.product(SIGMAS, LOSSES, (True, False))
    for index, (name, loss, paired) in enumerate(cases):
        rng = np.random.default_rng([context.seed, index])
        data, W = _problem(rng, name, loss, paired=paired)
        found = Enclosure(data).primal(W, full=True)
        slow = _Slow(data, W)
        values = slow.values(quadratic)
        where = {"activation": name, "loss": loss, "paired": paired}
        for label, ball_ in (
            ("second order", found.second_order),
            ("full", found.full),
            ("coupling", found.coupling),
        ):
            assert ball_ is not None
            compared.append(encloses(f"{label}", ball_, values[label], parameters=where))
    return from_comparisons(compared)


def refusals(context: Context) -> Evidence:
    """No bound of a neuron where it is -∞ or not certain, and no bound at a point outside the domain of ℓ*."""
    compared = []
    zero, one = arb(0), arb(1)
    matrices = {
        "indefinite": ([one, zero, -one], False),
        "singular": ([one, one, one], False),
        "perhaps singular": ([arb(0, 0.001), zero, one], False),
        "perhaps indefinite": ([one, arb(1, 0.001), one], False),
        "definite": ([one, arb(0.5), one], True),
    }
    for name, (lower, certain) in matrices.items():
        found = inner_bound([one, one], lower, 1, one, zero)
        compared.append(
            compare(f"bound of a {name} form", IDENTITY, exact(int(found is not None)), exact(int(certain)))
        )
    rng = np.random.default_rng(context.seed)
    data, _ = _problem(rng, "sincos", "logcosh", paired=True)
    n, h, d = len(data.y), *data.w0.shape
    for slope, allowed in ((0.9, True), (1.0, False), (1.5, False)):
        nu = np.zeros(n)
        nu[0] = slope / n
        point = Point(nu, np.zeros(n), np.zeros(data.U.shape[1]), np.zeros((h, d)), 1.0, np.full(2 * h, 1e3))
        try:
            accepted = Enclosure(data).dual(point).is_finite()
        except InputError:
            accepted = False
        compared.append(
            compare(f"nν = {slope} for log cosh", IDENTITY, exact(int(accepted)), exact(int(allowed)))
        )
    return from_comparisons(compared)


def wave_form(v: list[arb], one: list[arb], other: list[arb], d: int) -> arb:
    """E cos(v·x) (one·x)(other·x) = -(2j' one·other + 4j'' (v·one)(v·other)), j' and j'' by 0F1."""
    square, x, b = dot(v, v), -arb(d) / 4, arb(d) / 2
    first = x / b * (x * square).hypgeom_0f1(b + 1)
    second = x * x / (b * (b + 1)) * (x * square).hypgeom_0f1(b + 2)
    return -(2 * first * dot(one, other) + 4 * second * dot(v, one) * dot(v, other))


def balls(rows: Rows) -> Balls:
    """Floats as the exact numbers that they are."""
    return [[arb(each) for each in row] for row in rows]


def dot(one: Sequence[arb], other: Sequence[arb]) -> arb:
    """The inner product."""
    return sum((p * q for p, q in zip(one, other, strict=True)), arb(0))


@dataclass(frozen=True)
class _Slow:
    """L_λ at one movement by loops over all neurons, the partners written out."""

    data: Data
    W: Any

    def values(self, quadratic: float) -> dict[str, arb]:
        with working_precision(PREC):
            second = [self.f_L(x) + arb(quadratic) * self.bend(x) for x in self.X]
            full = [self.network(x) for x in self.X]
            rest = self.regularizer()
            coupling = abs(full[0] - second[0])
            for one, other in zip(full[1:], second[1:], strict=True):
                coupling = coupling.max(abs(one - other))
            return {
                "second order": self.loss(second) + rest,
                "full": self.loss(full) + rest,
                "coupling": coupling,
            }

    @property
    def X(self) -> Balls:
        return balls(self.data.X.tolist())

    @property
    def w0(self) -> Balls:
        return balls(self.data.w0.tolist()) * self.data.copies

    @property
    def a(self) -> list[arb]:
        signs = [arb(each) for each in self.data.a.tolist()]
        partners = [-each for each in signs] if self.data.paired else []
        root = arb(len(self.W)).sqrt()
        return [each / root for each in (*signs, *partners)]

    def terms(self, x: list[arb], order: int, power: int, rows: Balls) -> arb:
        sigma = SIGMAS[self.data.activation.name][order]
        zipped = zip(self.a, self.w0, rows, strict=True)
        return sum((a * sigma(dot(w0, x)) * dot(w, x) ** power for a, w0, w in zipped), arb(0))

    def f_L(self, x: list[arb], rows: Balls | None = None) -> arb:
        return self.terms(x, 1, 1, balls(self.W.tolist()) if rows is None else rows)

    def bend(self, x: list[arb]) -> arb:
        return self.terms(x, 2, 2, balls(self.W.tolist()))

    def network(self, x: list[arb]) -> arb:
        sigma, W = SIGMAS[self.data.activation.name][0], balls(self.W.tolist())
        zipped = zip(self.a, self.w0, W, strict=True)
        return sum((a * sigma(dot(w0, x) + dot(w, x)) for a, w0, w in zipped), arb(0))

    def loss(self, predictions: Sequence[arb]) -> arb:
        value = LOSSES[self.data.loss]
        pairs = zip(predictions, self.data.y.tolist(), strict=True)
        return sum((value(each - arb(label)) for each, label in pairs), arb(0)) / len(predictions)

    def regularizer(self) -> arb:
        W, d = balls(self.W.tolist()), self.data.w0.shape[1]
        flat = [each for row in W for each in row]
        U = balls(self.data.U.tolist())
        columns = U + ([[-each for each in row] for row in U] if self.data.paired else [])
        along = [dot([row[c] for row in columns], flat) for c in range(self.data.U.shape[1])]
        high = [each - dot(row, along) for each, row in zip(flat, columns, strict=True)]
        rows = [high[start : start + d] for start in range(0, len(high), d)]
        first = sum((self.f_L(x, rows) ** 2 for x in self.X), arb(0)) / len(self.X)
        third = sum((each * each for each in along), arb(0))
        quartic = sum((dot(row, row) ** 2 for row in W), arb(0))
        parts = (first, self.covariance(rows), third, quartic**2)
        return sum(
            (arb(weight) * part for weight, part in zip(self.data.lambda_, parts, strict=True)), arb(0)
        )

    def covariance(self, rows: Balls) -> arb:
        if self.data.unlabeled is not None:
            points = balls(self.data.unlabeled.tolist())
            return sum((self.f_L(x, rows) ** 2 for x in points), arb(0)) / len(points)
        d = self.data.w0.shape[1]
        total = arb(0)
        zipped = list(zip(self.a, self.w0, rows, strict=True))
        for (a, w0, v), (b, other, u) in itertools.product(zipped, repeat=2):
            total += a * b * wave_form([p - q for p, q in zip(w0, other, strict=True)], v, u, d)
        return total


def _problem(rng: np.random.Generator, name: str, loss: str, *, paired: bool) -> tuple[Data, Any]:
    d, distinct, n = 4, 3, 5
    data = Data(
        w0=rng.standard_normal((distinct, d)) / 2,
        a=rng.choice((-1.0, 1.0), distinct),
        paired=paired,
        X=rng.standard_normal((n, d)),
        y=rng.standard_normal(n),
        U=rng.standard_normal((distinct * d, 2)) / 4,
        lambda_=(0.5, 2.0, 0.25, 0.125),
        loss=loss,
        activation=builtin(name),
        unlabeled=None if name == "sincos" else rng.standard_normal((6, d)),
    )
    return data, rng.standard_normal((distinct * data.copies, d))


CLAIMS = (
    Claim(
        id="engine.objective",
        title="The ball of the objective holds its value",
        statement=r"L_\lambda(W) \in [L_\lambda(W)], \quad \max_i |f - f_L - f_Q|(x_i) \in [\cdot]",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(
            Check(
                Kind.ENCLOSURE,
                objective,
                scope="both losses, closed and sampled covariance, paired or not, U not orthonormal; d = 4, n = 5",
            ),
            Check(Kind.ENCLOSURE, refusals, scope="five forms, three slopes of log cosh"),
        ),
    ),
    Claim(
        id="control.objective-half",
        title="The objective without the half of f_Q",
        statement=r"f_Q = \frac{1}{\sqrt m}\sum_r a_r\,\sigma''(w_{0,r}\cdot x)\,(w_r\cdot x)^2",
        bound=UPPER,
        source="control",
        control_of="engine.objective",
        fault="factor 1/2 dropped",
        checks=(Check(Kind.ENCLOSURE, partial(objective, quadratic=1.0), scope="the same problems"),),
    ),
)

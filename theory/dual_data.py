"""What the rigorous dual bound is computed from: the data of an objective and a dual point, checked.

Everything is float64 and means the exact dyadic number that it is; see `theory.dual_bound` for the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import sympy
from flint import arb

from theory.activation import Activation, builtin
from theory.errors import InputError
from theory.loss import loss

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Data:
    """The data of an objective; `distinct` is m/2 in a paired network and m otherwise.

    Args:
        w0: Distinct first-layer rows, `(distinct, d)`.
        a: Their signs, `(distinct,)`; the second members of pairs have the same rows and opposite signs.
        paired: Whether there are second members.
        X: Inputs, `(n, d)`.
        y: Labels, `(n,)`.
        U: Rows of U for the distinct neurons, `(distinct*d, n_k)`; those of second members are their negatives.
        lambda_: The weights (λ1, λ2, λ3, λ4).
        loss: Name of the loss.
        activation: σ.
        unlabeled: Points over which Σ is the average, `(N, d)`; None for the closed form of sin + cos.
    """

    w0: Array
    a: Array
    paired: bool
    X: Array
    y: Array
    U: Array
    lambda_: tuple[float, float, float, float]
    loss: str
    activation: Activation
    unlabeled: Array | None = None

    def __post_init__(self) -> None:
        distinct, d = self.w0.shape
        shapes = (self.a.shape, self.X.shape[1:], self.y.shape, self.U.shape[:1])
        if shapes != ((distinct,), (d,), self.X.shape[:1], (distinct * d,)):
            raise InputError(
                given=f"w0 {self.w0.shape}, a {self.a.shape}, X {self.X.shape}, y {self.y.shape}, U {self.U.shape}",
                allowed="w0 (distinct, d), a (distinct,), X (n, d), y (n,), U (distinct*d, n_k)",
                do="pass the arrays of one problem",
            )
        numbers = (self.w0, self.a, self.X, self.y, self.U, np.array(self.lambda_))
        check_finite("data", *numbers, *(() if self.unlabeled is None else (self.unlabeled,)))
        if not self.lambda_[3] > 0 or min(self.lambda_) < 0:
            raise InputError(
                given=f"regularizer weights λ={self.lambda_}",
                allowed="λ1, λ2, λ3 of 0 or more and λ4 > 0",
                do="correct the weights; without R4 there is no bound of this kind",
            )
        closed = self.activation.expr == builtin("sincos").expr
        if self.lambda_[1] and self.unlabeled is None and not closed:
            raise InputError(
                given=f"no unlabeled points for the covariance of σ = {self.activation.expr}",
                allowed="unlabeled points, or σ = sin z + cos z, whose covariance is closed",
                do="pass the points that define Σ in the objective, or set λ2 = 0",
            )

    @property
    def copies(self) -> int:
        """How many neurons share a row of w0: 2 if paired, else 1."""
        return 2 if self.paired else 1


@dataclass(frozen=True, eq=False)
class Point:
    """A dual point with the s of every neuron.

    Args:
        nu: Slopes of the loss, `(n,)`.
        rho: Slopes of R1, `(n,)`.
        gamma: Slopes of R3, `(n_k,)`.
        zeta: Where R2 is touched, `(distinct, d)`: the movement (ζ, -ζ) in a paired network.
        t: Where S² is touched, positive.
        s: The s of the inner bounds, `(m,)`, those of second members after all first ones.
    """

    nu: Array
    rho: Array
    gamma: Array
    zeta: Array
    t: float
    s: Array


def check_point(data: Data, point: Point) -> None:
    """Refuse a point at which the bound is -∞ or not a number.

    Raises: InputError: If a shape is wrong, an entry is not finite, t ≤ 0, an s is negative, some |nν_i| ≥ 1
    where the conjugate is finite up to 1 only, or a part whose λ is 0 is not 0.
    """
    h, d = data.w0.shape
    wanted = [data.y.shape, data.y.shape, data.U.shape[1:], (h, d), (h * data.copies,)]
    parts = (point.nu, point.rho, point.gamma, point.zeta, point.s)
    if [part.shape for part in parts] != wanted:
        raise InputError(
            given=f"a dual point with parts of shape {[part.shape for part in parts]}",
            allowed=f"nu, rho, gamma, zeta, s of shape {wanted}",
            do="take the point of the same problem",
        )
    check_finite("dual point", *parts, np.array([point.t]))
    if not point.t > 0 or not (point.s >= 0).all():
        raise InputError(
            given=f"t={point.t} and a smallest s of {point.s.min(initial=0.0)}",
            allowed="t > 0 and every s of 0 or more",
            do="take the point from the tangent at a movement other than 0",
        )
    # A comparison of balls is True only where it holds for certain.
    if loss(data.loss).lipschitz != sympy.oo and not all(
        abs(arb(float(slope)) * len(data.y)) < 1 for slope in point.nu
    ):
        raise InputError(
            given=f"a slope nν_i of size {float(np.abs(point.nu).max()) * len(data.y):.17g}",
            allowed=f"sizes below 1 for the loss {data.loss!r}",
            do="scale ν down",
        )
    idle = zip(data.lambda_, (point.rho, point.zeta, point.gamma), ("rho", "zeta", "gamma"), strict=False)
    wrong = [name for weight, part, name in idle if weight == 0 and part.any()]
    if wrong:
        raise InputError(
            given=f"nonzero {', '.join(wrong)} where the regularizer of that part has weight 0",
            allowed="zeros there",
            do="set these parts to 0",
        )


def check_finite(what: str, *arrays: Array) -> None:
    """Refuse arrays with an entry that is not finite.

    Raises:
        InputError: If there is one.
    """
    if not all(np.isfinite(array).all() for array in arrays):
        raise InputError(
            given=f"a {what} with an entry that is not finite",
            allowed="finite numbers",
            do="check the training or the ascent that it comes from: it has diverged",
        )

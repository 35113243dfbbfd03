r"""Rigorous values of the regularized objective and of its dual bound, in ball arithmetic.

The statement is about the objective that the given float64 data define when they are taken as exact numbers:
first layer w0, signs a, inputs X, labels y, the matrix U of the good directions, the weights λ and the movement
W. m^{-1/2}, σ and its derivatives, and the covariance Σ are the exact ones (Σ in closed form for sin + cos,
else the average over the given unlabeled points). U need not be orthonormal: P_> means I - UUᵀ and R3 means
‖UᵀW‖², for which alone

    L_λ(W) ≥ -(1/n) Σ_i ℓ*(nν_i) - n‖ρ‖²/(4λ1) - λ2⟨ζ,Σζ⟩ - ‖γ‖²/(4λ3) - λ4t² + Σ_r min_w [b_r·w + ½wᵀC_r w +
    c‖w‖⁴]

holds, c = 2tλ4, b = Φᵀν + P_>(Φᵀρ + 2λ2Σζ) + Uγ, C_r = m^{-1/2}a_r Σ_i ν_i σ''(w0_r·x_i) x_i x_iᵀ, for every
point (ν, ρ, γ, ζ, t) with t > 0; Σ is positive semidefinite, being a mean of φφᵀ (`theory.duality` has the
algebra).

Why rounding cannot break the bound. Every operation is one of Arb's, whose result contains the exact value. For
the inner minimum any s with K = C_r + 4cs I positive definite will do: `-½ bᵀK^{-1}b - c s²` is then a lower
bound, because `c x² ≥ 2csx - cs²`. K = LDLᵀ is factorised in balls: if every pivot's ball is positive, every
matrix in the ball matrix K is positive definite, the exact one among them, and bᵀK^{-1}b = Σ_k (L^{-1}b)_k²/D_k
lies in the ball computed. If a pivot is not certainly positive the point is refused. What is certified is the
lower end of the final ball.

The s that the float computation proposes enter as data; so do all parts of the point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb, arb_mat

from theory.arithmetic import compile_arb, working_precision
from theory.certified_risk import wave_polynomial
from theory.dual_data import Array, Data, Point, check_finite, check_point
from theory.errors import InputError
from theory.loss import loss, nu, y, z

PREC = 128


@dataclass(frozen=True)
class Primal:
    """Enclosures at one W.

    Attributes:
        second_order: L_λ(W) with the model f_L + f_Q.
        full: L_λ(W) with the network itself, or None if not asked for.
        coupling: The largest |f - f_L - f_Q| over the sample, or None.
    """

    second_order: arb
    full: arb | None = None
    coupling: arb | None = None


@dataclass(eq=False)
class Enclosure:
    """Balls for the objective and the dual bound of one set of data; what W does not change is kept.

    Args:
        data: The data.
    """

    data: Data
    _cache: dict[str, Any] = field(default_factory=dict, repr=False)

    def primal(self, W: Array, *, full: bool = False) -> Primal:
        """L_λ(W), and on request that of the full network with the coupling error.

        Args:
            W: The movement, `(m, d)`.
            full: Whether to evaluate the network itself too.

        Raises:
            InputError: If W has another shape or is not finite.
        """
        data = self.data
        h, n = len(data.w0), len(data.y)
        if W.shape != (h * self.data.copies, data.w0.shape[1]):
            raise InputError(
                given=f"a movement of shape {W.shape}",
                allowed=f"shape ({h * self.data.copies}, {data.w0.shape[1]})",
                do="pass one row per neuron",
            )
        check_finite("movement", W)
        with working_precision(PREC):
            parts = [W[:h], W[h:]][: self.data.copies]
            moved = [(_matrix(part) * self._X.transpose()).entries() for part in parts]
            linear, quadratic = _Sum(n), _Sum(n)
            for index, sign in enumerate((1, -1)[: self.data.copies]):
                linear.add(moved[index], self._derivative(1), sign)
                quadratic.add([each * each for each in moved[index]], self._derivative(2), sign)
            f_L = linear.total
            second = [p + q / 2 for p, q in zip(f_L, quadratic.total, strict=True)]
            seen = _matrix(W[:h]) - _matrix(W[h:]) if data.paired else _matrix(W)
            rest = self._regularizer(W, seen, f_L)
            if not full:
                return Primal(self._mean_loss(second) + rest)
            network = _Sum(n)
            sigma = self._compiled(0)
            for index, sign in enumerate((1, -1)[: self.data.copies]):
                z0 = self._z0.entries()
                values = [sigma(p + q) for p, q in zip(z0, moved[index], strict=True)]
                network.add(values, self._readout, sign)
            errors = [abs(p - q) for p, q in zip(network.total, second, strict=True)]
            coupling = errors[0]
            for each in errors[1:]:
                coupling = coupling.max(each)
            return Primal(self._mean_loss(second) + rest, self._mean_loss(network.total) + rest, coupling)

    def dual(self, point: Point) -> arb:
        """A ball all of whose points are lower bounds on L_λ(W) of the second-order model, for every W.

        Raises: InputError: If the point is not feasible: a non-finite entry, t ≤ 0, some |nν_i| ≥ 1 for log
        cosh, an s for which C_r + 4cs I is not certainly positive definite, or a part whose λ is 0 and which is
        not 0.
        """
        data = self.data
        check_point(data, point)
        lambda1, lambda2, lambda3, lambda4 = (arb(weight) for weight in data.lambda_)
        h, d = data.w0.shape
        n = len(data.y)
        with working_precision(PREC):
            value = -self._conjugate(point.nu) - lambda4 * arb(float(point.t)) ** 2
            if data.lambda_[0]:
                value -= _squares(point.rho) * n / (4 * lambda1)
            if data.lambda_[2]:
                value -= _squares(point.gamma) / (4 * lambda3)
            V = self._pull(1, _floats(point.rho))
            if data.lambda_[1]:
                zeta = _matrix(point.zeta)
                spread = self._covariance(zeta * arb(self.data.copies))
                value -= lambda2 * self.data.copies * _inner(zeta.entries(), spread.entries())
                V += spread * (2 * lambda2)
            b = (self._pull(1, _floats(point.nu)) + V).entries()
            if data.U.shape[1]:
                U = self._U
                c = arb_mat(len(point.gamma), 1, _floats(point.gamma))
                c = c - U.transpose() * arb_mat(h * d, 1, V.entries()) * arb(self.data.copies)
                b = [p + q for p, q in zip(b, (U * c).entries(), strict=True)]
            upper = self._quadratic(point.nu)
            quartic = 2 * arb(float(point.t)) * lambda4
            for index in range(h * self.data.copies):
                r, sign = index % h, 1 if index < h else -1
                s = arb(float(point.s[index]))
                minimum = inner_bound(b[r * d : (r + 1) * d], upper[r], sign, quartic, s)
                if minimum is None:
                    raise InputError(
                        given=f"s={float(point.s[index]):.17g} for neuron {index}, at which C + 4cs I is not "
                        "certainly positive definite",
                        allowed="s above max(0, -λ_min(C)/(4c)), by more than rounding",
                        do="raise s a little; every larger s gives a valid bound",
                    )
                value += minimum
            if not value.is_finite():
                raise InputError(
                    given="a dual point whose bound is not finite",
                    allowed="a point with a finite bound",
                    do="scale the point down, or start from a trained W",
                )
            return value

    def _kept(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._cache:
            self._cache[name] = make()
        return self._cache[name]

    @property
    def _X(self) -> Any:
        return self._kept("X", lambda: _matrix(self.data.X))

    @property
    def _U(self) -> Any:
        return self._kept("U", lambda: _matrix(self.data.U))

    @property
    def _z0(self) -> Any:
        """w0_r·x_i, `(distinct, n)`."""
        return self._kept("z0", lambda: _matrix(self.data.w0) * self._X.transpose())

    @property
    def _scale(self) -> list[arb]:
        """m^{-1/2} a_r."""
        root = arb(len(self.data.w0) * self.data.copies).sqrt()
        return [arb(float(sign)) / root for sign in self.data.a]

    @property
    def _readout(self) -> list[arb]:
        """m^{-1/2} a_r for every entry of a `(distinct, n)` matrix."""
        return [scale for scale in self._scale for _ in range(len(self.data.y))]

    def _compiled(self, order: int) -> Callable[..., arb]:
        activation = self.data.activation
        return compile_arb(activation.derivative(order), [activation.variable], prec=PREC)

    def _derivative(self, order: int) -> list[arb]:
        """m^{-1/2} a_r σ^{(order)}(w0_r·x_i), row-major `(distinct, n)`."""
        return self._kept(f"sigma {order}", lambda: self._activate(self._z0, order))

    def _activate(self, z0: Any, order: int) -> list[arb]:
        function, columns = self._compiled(order), z0.ncols()
        entries = z0.entries()
        return [
            scale * function(entry)
            for r, scale in enumerate(self._scale)
            for entry in entries[r * columns : (r + 1) * columns]
        ]

    def _slope_matrix(self, order: int) -> Any:
        shape = len(self.data.w0), len(self.data.y)
        return self._kept(f"matrix {order}", lambda: arb_mat(*shape, self._derivative(order)))

    def _pull(self, order: int, weights: list[arb]) -> Any:
        """Rows m^{-1/2} a_r Σ_i weights_i σ'(w0_r·x_i) x_i, `(distinct, d)`."""
        n, d = self.data.X.shape
        X = self._X.entries()
        weighted = [weights[i] * X[i * d + j] for i in range(n) for j in range(d)]
        return self._slope_matrix(order) * arb_mat(n, d, weighted)

    def _quadratic(self, nu_: Array) -> list[list[arb]]:
        """Lower triangles of C_r, row by row."""
        n, d = self.data.X.shape
        X, weights = self._X.entries(), _floats(nu_)
        products = []
        for i in range(n):
            row = X[i * d : (i + 1) * d]
            products += [weights[i] * row[j] * row[k] for j in range(d) for k in range(j + 1)]
        size = d * (d + 1) // 2
        entries = (self._slope_matrix(2) * arb_mat(n, size, products)).entries()
        return [entries[r * size : (r + 1) * size] for r in range(len(self.data.w0))]

    def _mean_loss(self, predictions: list[arb]) -> arb:
        value = compile_arb(loss(self.data.loss).expr, [y, z], prec=PREC)
        pairs = zip(_floats(self.data.y), predictions, strict=True)
        return sum((value(label, each) for label, each in pairs), arb(0)) / len(predictions)

    def _conjugate(self, nu_: Array) -> arb:
        """(1/n) Σ_i ℓ*(nν_i)."""
        n = len(nu_)
        star = compile_arb(loss(self.data.loss).conjugate, [nu, y], prec=PREC)
        pairs = zip(_floats(nu_), _floats(self.data.y), strict=True)
        return sum((star(n * slope, label) for slope, label in pairs), arb(0)) / n

    def _regularizer(self, W: Array, seen: Any, f_L: list[arb]) -> arb:
        """λ1 R1 + λ2 R2 + λ3 R3 + λ4 R4 from W, what f_L sees of it, and its values."""
        data = self.data
        lambda1, lambda2, lambda3, lambda4 = (arb(weight) for weight in data.lambda_)
        h, d = data.w0.shape
        S = sum((_squares(row) ** 2 for row in W), arb(0))
        total = lambda4 * S**2
        high = seen
        if data.U.shape[1]:
            c = self._U.transpose() * arb_mat(h * d, 1, seen.entries())
            total += lambda3 * sum((each * each for each in c.entries()), arb(0))
            low = arb_mat(h, d, (self._U * c).entries())
            high = seen - low * arb(self.data.copies)
            feature = (low * self._X.transpose()).entries()
            lowered = _Sum(len(f_L))
            lowered.add(feature, self._derivative(1), self.data.copies)
            f_L = [p - q for p, q in zip(f_L, lowered.total, strict=True)]
        total += lambda1 * sum((each * each for each in f_L), arb(0)) / len(f_L)
        if data.lambda_[1]:
            total += lambda2 * _inner(high.entries(), self._covariance(high).entries())
        return total

    def _covariance(self, seen: Any) -> Any:
        """The distinct rows of ΣW from what f_L sees of W."""
        if self.data.unlabeled is not None:
            points, feature = self._kept("unlabeled", self._unlabeled)
            h, count = len(self.data.w0), points.nrows()
            values = _Sum(count)
            values.add((seen * points.transpose()).entries(), feature.entries(), 1)
            rows = points.entries()
            d = points.ncols()
            weighted = [values.total[i] * rows[i * d + j] / count for i in range(count) for j in range(d)]
            return arb_mat(h, count, feature.entries()) * arb_mat(count, d, weighted)
        first, second = self._kept("waves", self._waves)
        w, h, d = _matrix(self.data.w0), *self.data.w0.shape
        scale = self._scale
        entries = seen.entries()
        Y = arb_mat(h, d, [scale[r] * entries[r * d + i] for r in range(h) for i in range(d)])
        crossed, along = (w * Y.transpose()).entries(), second.entries()
        own = [crossed[r * h + r] for r in range(h)]
        T = arb_mat(
            h, h, [along[r * h + q] * (crossed[r * h + q] - own[q]) for r in range(h) for q in range(h)]
        )
        sums = (T * arb_mat(h, 1, [arb(1)] * h)).entries()
        base = w.entries()
        rows = (first * Y - T * w).entries()
        scaled = [
            scale[r] * (rows[r * d + i] + sums[r] * base[r * d + i]) for r in range(h) for i in range(d)
        ]
        return arb_mat(h, d, scaled)

    def _unlabeled(self) -> tuple[Any, Any]:
        points = _matrix(self.data.unlabeled if self.data.unlabeled is not None else np.zeros((0, 0)))
        z0 = _matrix(self.data.w0) * points.transpose()
        return points, arb_mat(z0.nrows(), z0.ncols(), self._activate(z0, 1))

    def _waves(self) -> tuple[Any, Any]:
        """The matrices -2j'(‖v_rs‖²) and -4j''(‖v_rs‖²), v_rs = w0_r - w0_s."""
        h, d = self.data.w0.shape
        w = _matrix(self.data.w0)
        gram = (w * w.transpose()).entries()
        squares = [gram[r * h + r] for r in range(h)]
        longest = max(float(each.upper()) for each in squares) if squares else 0.0
        matrices = []
        for order, factor in ((1, -2), (2, -4)):
            polynomial, tail = wave_polynomial(d, order, 4.000001 * longest)
            radius = arb(0, tail.upper())
            full: list[Any] = [None] * (h * h)
            for r in range(h):
                lengths = [squares[r] + squares[q] - 2 * gram[r * h + q] for q in range(r + 1)]
                lengths[r] = arb(0)
                for q, value in enumerate(polynomial.evaluate(lengths, algorithm="iter")):
                    full[r * h + q] = full[q * h + r] = factor * (value + radius)
            matrices.append(arb_mat(h, h, full))
        return matrices[0], matrices[1]


def inner_bound(b: Sequence[arb], lower: Sequence[arb], sign: int, c: arb, s: arb) -> arb | None:
    """`-½ bᵀK^{-1}b - c s²` with K = sign·C + 4cs I, or None if K is not certainly positive definite.

    K = LDLᵀ column by column; the same elimination turns b into L^{-1}b. The sign of b does not matter.

    Args:
        b: The linear part, `(d,)`.
        lower: The lower triangle of C, row by row.
        sign: 1 or -1.
        c: Weight of the quartic part.
        s: Where the quartic part is touched.
    """
    d, shift, start = len(b), 4 * c * s, 0
    K = []
    for i in range(d):
        row = [each if sign > 0 else -each for each in lower[start : start + i + 1]]
        row[i] = row[i] + shift
        K.append(row)
        start += i + 1
    x, total = list(b), arb(0)
    for j in range(d):
        pivot = K[j][j]
        if not pivot > 0:
            return None
        total += x[j] * x[j] / pivot
        column = [K[i][j] for i in range(j + 1, d)]
        for i in range(j + 1, d):
            factor = column[i - j - 1] / pivot
            row = K[i]
            for k in range(j + 1, i + 1):
                row[k] = row[k] - factor * column[k - j - 1]
            x[i] = x[i] - factor * x[j]
    return -total / 2 - c * s * s


class _Sum:
    """Σ_r over rows of entrywise products of two `(rows, count)` arrays."""

    def __init__(self, count: int) -> None:
        self.total = [arb(0)] * count

    def add(self, values: Sequence[arb], weights: Sequence[arb], sign: int) -> None:
        count = len(self.total)
        for start in range(0, len(values), count):
            row = zip(self.total, values[start : start + count], weights[start : start + count], strict=True)
            self.total = (
                [t + v * w for t, v, w in row] if sign == 1 else [t + sign * v * w for t, v, w in row]
            )


def _matrix(rows: Array) -> Any:
    return arb_mat(rows.shape[0], rows.shape[1], _floats(rows.reshape(-1)))


def _floats(values: Array) -> list[arb]:
    return [arb(each) for each in values.tolist()]


def _squares(values: Array) -> arb:
    return sum((each * each for each in _floats(values)), arb(0))


def _inner(left: list[arb], right: list[arb]) -> arb:
    return sum((p * q for p, q in zip(left, right, strict=True)), arb(0))

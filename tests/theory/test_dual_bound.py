"""The rigorous bound on hand-sized data: against formulas written out, against other precision, and refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, arb_mat

from theory import certified_risk, dual_bound
from theory.activation import builtin
from theory.arithmetic import working_precision
from theory.bessel import ball
from theory.dual_bound import Enclosure, inner_bound
from theory.dual_data import Data, Point
from theory.errors import InputError


def data(**changes: Any) -> Data:
    """Two pairs of neurons, d = 3, n = 2; U is far from orthonormal."""
    rng = np.random.default_rng(3)
    given: dict[str, Any] = {
        "w0": rng.standard_normal((2, 3)) / 2,
        "a": np.array([1.0, -1.0]),
        "paired": True,
        "X": rng.standard_normal((2, 3)),
        "y": rng.standard_normal(2),
        "U": rng.standard_normal((6, 1)) / 2,
        "lambda_": (0.7, 0.5, 0.3, 0.2),
        "loss": "squared",
        "activation": builtin("sincos"),
    }
    return Data(**{**given, **changes})


def point(**changes: Any) -> Point:
    rng = np.random.default_rng(4)
    given: dict[str, Any] = {
        "nu": rng.standard_normal(2) / 5,
        "rho": rng.standard_normal(2) / 5,
        "gamma": rng.standard_normal(1) / 5,
        "zeta": rng.standard_normal((2, 3)) / 5,
        "t": 0.8,
        "s": np.full(4, 3.0),
    }
    return Point(**{**given, **changes})


def dense_bound(given: Data, at: Point) -> float:
    """The bound from the formula, with full-size matrices in float64: features, Σ by the closed form, solves."""
    d, m = given.w0.shape[1], 2 * len(given.w0)
    w0, a = np.vstack((given.w0, given.w0)), np.concatenate((given.a, -given.a))
    n = len(given.y)
    lambda1, lambda2, lambda3, lambda4 = given.lambda_
    z = given.X @ w0.T
    slopes, bends = np.cos(z) - np.sin(z), -np.sin(z) - np.cos(z)
    features = (a * slopes)[:, :, None] * given.X[:, None, :] / math.sqrt(m)
    features = features.reshape(n, m * d)
    U = np.concatenate((given.U, -given.U))
    high = np.eye(m * d) - U @ U.T
    Sigma = closed_covariance(w0, a, d)
    zeta = np.concatenate((at.zeta, -at.zeta)).reshape(-1)
    V = high @ (features.T @ at.rho + 2 * lambda2 * Sigma @ zeta) + U @ at.gamma
    b = (features.T @ at.nu + V).reshape(m, d)
    c = 2 * at.t * lambda4
    value = -sum((n * at.nu) ** 2 / 4 + n * at.nu * given.y) / n - lambda4 * at.t**2
    value -= n * at.rho @ at.rho / (4 * lambda1) + lambda2 * zeta @ Sigma @ zeta
    value -= at.gamma @ at.gamma / (4 * lambda3)
    for r in range(m):
        C = a[r] / math.sqrt(m) * np.einsum("i,ij,ik->jk", at.nu * bends[:, r], given.X, given.X)
        K = C + 4 * c * at.s[r] * np.eye(d)
        value -= b[r] @ np.linalg.solve(K, b[r]) / 2 + c * at.s[r] ** 2
    return float(value)


def closed_covariance(w0: np.ndarray, a: np.ndarray, d: int) -> np.ndarray:
    """Blocks a_r a_s/m · -(2j' I + 4j'' v vᵀ), j from the symbolic room's hypergeometric function."""
    s = sp.Symbol("s", positive=True)
    first, second = (sp.lambdify(s, sp.diff(ball(s, sp.Integer(d)), s, k), "mpmath") for k in (1, 2))
    m = len(w0)
    blocks = np.zeros((m, d, m, d))
    for r in range(m):
        for q in range(m):
            v = w0[r] - w0[q]
            moments = 2 * float(first(v @ v)) * np.eye(d) + 4 * float(second(v @ v)) * np.outer(v, v)
            blocks[r, :, q] = -a[r] * a[q] / m * moments
    return blocks.reshape(m * d, m * d)


def test_bound_is_the_formula_written_out() -> None:
    found = Enclosure(data()).dual(point())
    assert float(found) == pytest.approx(dense_bound(data(), point()), rel=1e-12)
    assert float(found.rad()) < 1e-20


def test_objective_is_the_formula_written_out() -> None:
    given, W = data(), np.random.default_rng(5).standard_normal((4, 3)) / 2
    w0, a = np.vstack((given.w0, given.w0)), np.concatenate((given.a, -given.a))
    z, step = given.X @ w0.T, given.X @ W.T
    f_L = ((np.cos(z) - np.sin(z)) * step) @ a / 2
    f_Q = ((-np.sin(z) - np.cos(z)) * step**2) @ a / 4
    f = (np.sin(z + step) + np.cos(z + step)) @ a / 2
    U = np.concatenate((given.U, -given.U))
    high = W.reshape(-1) - U @ (U.T @ W.reshape(-1))
    f_high = ((np.cos(z) - np.sin(z)) * (given.X @ high.reshape(4, 3).T)) @ a / 2
    rest = 0.7 * np.mean(f_high**2) + 0.5 * high @ closed_covariance(w0, a, 3) @ high
    rest += 0.3 * np.sum((U.T @ W.reshape(-1)) ** 2) + 0.2 * np.sum(np.sum(W**2, axis=1) ** 2) ** 2
    found = Enclosure(given).primal(W, full=True)
    assert float(found.second_order) == pytest.approx(np.mean((f_L + f_Q - given.y) ** 2) + rest, rel=1e-12)
    assert found.full is not None and found.coupling is not None
    assert float(found.full) == pytest.approx(np.mean((f - given.y) ** 2) + rest, rel=1e-12)
    assert float(found.coupling) == pytest.approx(np.abs(f - f_L - f_Q).max(), rel=1e-12)


@pytest.mark.parametrize("precision", [160, 256])
def test_more_precision_stays_inside_the_ball(monkeypatch: pytest.MonkeyPatch, precision: int) -> None:
    coarse = Enclosure(data()).dual(point())
    monkeypatch.setattr(dual_bound, "PREC", precision)
    fine = Enclosure(data()).dual(point())
    # The tail of the covariance's series, 2^-80, is in both radii.
    assert coarse.overlaps(fine)


def test_the_tail_of_the_covariance_series_is_in_the_radius(monkeypatch: pytest.MonkeyPatch) -> None:
    given, W = data(), np.random.default_rng(9).standard_normal((4, 3)) / 2
    fine = Enclosure(given).dual(point()), Enclosure(given).primal(W).second_order
    monkeypatch.setattr(certified_risk, "_TAIL_BITS", 6)  # a polynomial with a few terms
    coarse = Enclosure(given).dual(point()), Enclosure(given).primal(W).second_order
    for short, long in zip(coarse, fine, strict=True):
        assert abs(float(short) - float(long)) > 1e6 * float(long.rad())
        assert short.contains(long)


def test_sampled_covariance_is_the_mean_of_features() -> None:
    points = np.random.default_rng(6).standard_normal((3, 3))
    given = data(unlabeled=points)
    zeta_only = point(rho=np.zeros(2), nu=np.zeros(2), gamma=np.zeros(1))
    w0, a = np.vstack((given.w0, given.w0)), np.concatenate((given.a, -given.a))
    z = points @ w0.T
    features = ((a * (np.cos(z) - np.sin(z)))[:, :, None] * points[:, None, :] / 2).reshape(3, 12)
    Sigma = features.T @ features / 3
    zeta = np.concatenate((zeta_only.zeta, -zeta_only.zeta)).reshape(-1)
    U = np.concatenate((given.U, -given.U))
    b = 2 * 0.5 * (np.eye(12) - U @ U.T) @ Sigma @ zeta
    c = 2 * 0.8 * 0.2
    value = -0.2 * 0.8**2 - 0.5 * zeta @ Sigma @ zeta - sum(b**2) / (2 * 4 * c * 3.0) - 4 * c * 3.0**2
    assert float(Enclosure(given).dual(zeta_only)) == pytest.approx(value, rel=1e-12)


def test_inner_bound_is_the_quadratic_form_of_the_inverse() -> None:
    rng = np.random.default_rng(7)
    C = rng.standard_normal((4, 4))
    C = C + C.T
    b, c, s = rng.standard_normal(4), 0.3, 5.0
    lower = [arb(C[i, j]) for i in range(4) for j in range(i + 1)]
    for sign in (1, -1):
        with working_precision(128):
            found = inner_bound([arb(each) for each in b], lower, sign, arb(c), arb(s))
            K = arb_mat((sign * C + 0.0).tolist()) + arb_mat(np.diag([4.0] * 4).tolist()) * (arb(c) * arb(s))
            solved = K.solve(arb_mat(4, 1, [arb(each) for each in b]))
            form = sum((arb(each) * x for each, x in zip(b, solved.entries(), strict=True)), arb(0))
            assert found is not None
            assert found.overlaps(-form / 2 - arb(c) * arb(s) ** 2)


@pytest.mark.parametrize("s", [0.0, 0.2499999, 0.25, arb(0.2500001, 1e-3)])
def test_a_matrix_that_is_not_certainly_definite_gives_no_bound(s: Any) -> None:
    # C = -1 and c = 1: definite above s = 1/4; the last s is a ball that reaches below.
    assert inner_bound([arb(1)], [arb(-1)], 1, arb(1), arb(s)) is None
    assert inner_bound([arb(1)], [arb(-1)], 1, arb(1), arb(0.2500001)) is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s": np.zeros(4)}, "positive definite"),
        ({"t": 0.0}, "t > 0"),
        ({"t": -1.0}, "t > 0"),
        ({"s": np.array([3.0, 3.0, -3.0, 3.0])}, "s of 0 or more"),
        ({"nu": np.array([math.nan, 0.0])}, "not finite"),
        ({"zeta": np.full((2, 3), math.inf)}, "not finite"),
        ({"s": np.array([3.0, 3.0, math.inf, 3.0])}, "not finite"),
        ({"rho": np.zeros(3)}, "shape"),
    ],
)
def test_a_point_that_is_not_feasible_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Enclosure(data()).dual(point(**change))


def test_slopes_of_logcosh_end_below_one() -> None:
    enclosure = Enclosure(data(loss="logcosh"))
    assert enclosure.dual(point(nu=np.array([0.4999, 0.0]))).is_finite()
    for slope in (0.5, -0.5, 0.6):
        with pytest.raises(InputError, match="below 1"):
            enclosure.dual(point(nu=np.array([slope, 0.0])))


def test_parts_without_weight_must_be_zero() -> None:
    given = data(lambda_=(0.0, 0.5, 0.3, 0.2))
    with pytest.raises(InputError, match="rho"):
        Enclosure(given).dual(point())
    assert Enclosure(given).dual(point(rho=np.zeros(2))).is_finite()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lambda_": (1.0, 1.0, 1.0, 0.0)}, "λ4 > 0"),
        ({"lambda_": (1.0, -1.0, 1.0, 1.0)}, "0 or more"),
        ({"activation": builtin("tanh-shift")}, "unlabeled"),
        ({"y": np.zeros(3)}, "y \\(3,\\)"),
        ({"X": np.full((2, 3), math.nan)}, "not finite"),
    ],
)
def test_bad_data_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        data(**change)


def test_a_movement_that_is_not_finite_is_refused() -> None:
    W = np.zeros((4, 3))
    W[1, 1] = math.inf
    with pytest.raises(InputError, match="not finite"):
        Enclosure(data()).primal(W)
    with pytest.raises(InputError, match="shape"):
        Enclosure(data()).primal(np.zeros((2, 3)))


def test_bound_lies_below_the_objective_of_many_movements() -> None:
    rng = np.random.default_rng(8)
    enclosure = Enclosure(data())
    bound = enclosure.dual(point())
    for scale in (0.0, 0.1, 0.5, 1.0):
        assert bound < enclosure.primal(scale * rng.standard_normal((4, 3))).second_order


def test_bound_in_an_unpaired_network_is_that_of_its_neurons() -> None:
    """The pairs of one network, written out as single neurons of another: the same bound."""
    given, at = data(), point()
    single = replace(
        given,
        w0=np.vstack((given.w0, given.w0)),
        a=np.concatenate((given.a, -given.a)),
        paired=False,
        U=np.concatenate((given.U, -given.U)),
    )
    spread = replace(at, zeta=np.concatenate((at.zeta, -at.zeta)))
    first, second = Enclosure(given).dual(at), Enclosure(single).dual(spread)
    assert first.overlaps(second)
    assert float(first) == pytest.approx(float(second), rel=1e-14)

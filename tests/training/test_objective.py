"""The objective against a plain reference: loops over neurons, dense matrices and automatic differentiation."""

import math
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training import objective as module
from training.activation import activation
from training.covariance import Covariance, ExactCovariance, SampledCovariance
from training.directions import GoodDirections, good_directions
from training.loss import loss
from training.network import Network, initialise
from training.objective import MODELS, Objective
from training.regularizer import GroupNorm, HighDegreePopulation, HighDegreeSample, LowDegreeNorm
from training.sphere import generator, low_degree_count, sample_sphere

ALL = (0.7, 1.3, 0.2, 0.05)
# Sums of at most a few hundred products of size one; the projections lose a digit or two.
TOLERANCE = 1e-11


@dataclass
class Case:
    network: Network
    X: Tensor
    y: Tensor
    unlabeled: Tensor
    directions: GoodDirections
    covariance: Covariance
    W: Tensor
    V: Tensor


def _case(
    *,
    d: int = 4,
    m: int = 6,
    n: int = 5,
    seed: int = 0,
    sigma: str = "sincos",
    scale: float = 0.8,
    paired: bool = True,
) -> Case:
    network = initialise(m, d, activation(sigma), seed=seed)
    if not paired:
        w0 = sample_sphere(m, d, radius=1.0, generator=generator(seed, "weights"))
        network = Network(w0, network.a, network.activation, paired=False)
    radius = math.sqrt(d)
    X = sample_sphere(n, d, radius=radius, generator=generator(seed, "data"))
    unlabeled = sample_sphere(
        3 * low_degree_count(d, 1) + 2, d, radius=radius, generator=generator(seed, "unlabeled")
    )
    source = generator(seed, "start")
    y, W, V = (torch.randn(shape, generator=source, dtype=torch.float64) for shape in ((n,), (m, d), (m, d)))
    directions = good_directions(network, unlabeled, 1)
    covariance = ExactCovariance(network) if sigma == "sincos" else SampledCovariance(network, unlabeled)
    return Case(network, X, y, unlabeled, directions, covariance, scale * W, V)


def _objective(
    case: Case, *, lambda_: tuple[float, ...] = ALL, model: str = "full", ell: str = "squared"
) -> Objective:
    return Objective(
        case.network,
        case.X,
        case.y,
        loss(ell),
        lambda_=lambda_,
        directions=case.directions,
        covariance=case.covariance,
        model=model,
    )


def _plain_terms(case: Case, W: Tensor, *, model: str, ell: str) -> dict[str, Tensor]:
    """The definitions, neuron by neuron, with dense projector and covariance; differentiable by autograd."""
    network = case.network
    linear = case.X.new_zeros(case.X.shape[0])
    quadratic, full = linear, linear
    for w0, a, w in zip(network.w0, network.a, W, strict=True):
        z, movement = case.X @ w0, case.X @ w
        _, first, second = network.activation.derivatives(z, 2)
        weight = a / math.sqrt(network.m)
        full = full + weight * network.activation.derivative(z + movement, 0)
        linear = linear + weight * first * movement
        quadratic = quadratic + weight * second * movement**2 / 2
    models = {"full": full, "linear": linear, "quadratic": quadratic, "second-order": linear + quadratic}
    residual = models[model] - case.y
    losses = {"squared": residual**2, "logcosh": torch.log(torch.cosh(residual))}
    U = case.directions.basis()
    low = U @ (U.T @ W.reshape(-1))
    high = W.reshape(-1) - low
    return {
        "loss": losses[ell].mean(),
        "R1": (network.features(case.X) @ high).square().mean(),
        "R2": high @ case.covariance.dense() @ high,
        "R3": low @ low,
        "R4": sum((w @ w) ** 2 for w in W) ** 2,
    }


def _plain(case: Case, W: Tensor, lambda_: tuple[float, ...], *, model: str, ell: str) -> Tensor:
    terms = list(_plain_terms(case, W, model=model, ell=ell).values())
    return terms[0] + sum(weight * term for weight, term in zip(lambda_, terms[1:], strict=True))


def _close(found: Tensor, expected: Tensor) -> bool:
    return float((found - expected).norm()) <= TOLERANCE * (float(expected.norm()) + 1e-3)


def _check(case: Case, lambda_: tuple[float, ...], *, model: str, ell: str) -> None:
    objective = _objective(case, lambda_=lambda_, model=model, ell=ell)
    found = objective.evaluate(case.W)
    W = case.W.clone().requires_grad_()
    value = _plain(case, W, lambda_, model=model, ell=ell)
    gradient = torch.autograd.grad(value, W, create_graph=True)[0]
    hvp = torch.autograd.grad((gradient * case.V).sum(), W)[0]
    plain = _plain_terms(case, case.W, model=model, ell=ell)
    active = [
        "loss",
        *(name for name, weight in zip(("R1", "R2", "R3", "R4"), lambda_, strict=True) if weight),
    ]
    assert sorted(found.terms) == sorted(active) == sorted(objective.terms(case.W))
    for name in active:
        assert found.terms[name] == pytest.approx(float(plain[name]), rel=TOLERANCE, abs=1e-14)
        assert objective.terms(case.W)[name] == pytest.approx(float(plain[name]), rel=TOLERANCE, abs=1e-14)
    expected = float(value.detach())
    assert found.value == pytest.approx(expected, rel=TOLERANCE)
    assert objective.value(case.W) == pytest.approx(expected, rel=TOLERANCE)
    assert _close(found.grad, gradient.detach())
    assert _close(objective.hvp(case.W, case.V), hvp)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ell", ["squared", "logcosh"])
@pytest.mark.parametrize("paired", [True, False])
def test_every_model_and_loss(model: str, ell: str, paired: bool) -> None:
    _check(_case(paired=paired), ALL, model=model, ell=ell)


@pytest.mark.parametrize("index", range(4))
def test_each_term_alone(index: int) -> None:
    lambda_ = tuple(0.6 if i == index else 0.0 for i in range(4))
    _check(_case(), lambda_, model="full", ell="squared")


@settings(max_examples=30, deadline=None)
@given(
    d=st.integers(3, 6),
    pairs=st.integers(2, 6),
    n=st.integers(1, 9),
    seed=st.integers(0, 10**6),
    sigma=st.sampled_from(["sincos", "tanh-shift", "erf-shift", "softplus-shift", "gelu"]),
    scale=st.floats(1e-3, 2.0),
    lambda_=st.tuples(*[st.sampled_from([0.0, 0.01, 1.0, 5.0])] * 4),
    model=st.sampled_from(MODELS),
    ell=st.sampled_from(["squared", "logcosh"]),
)
def test_random_sizes(
    d: int,
    pairs: int,
    n: int,
    seed: int,
    sigma: str,
    scale: float,
    lambda_: tuple[float, ...],
    model: str,
    ell: str,
) -> None:
    _check(_case(d=d, m=2 * pairs, n=n, seed=seed, sigma=sigma, scale=scale), lambda_, model=model, ell=ell)


@pytest.mark.parametrize("model", MODELS)
def test_blocks_do_not_change_the_result(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _case(n=11)
    whole = _objective(case, model=model).evaluate(case.W)
    hvp = _objective(case, model=model).hvp(case.W, case.V)
    monkeypatch.setattr(module, "_BLOCK_ENTRIES", 4 * case.network.m)
    parts = _objective(case, model=model).evaluate(case.W)
    assert parts.value == pytest.approx(whole.value, rel=1e-13)
    assert torch.allclose(parts.grad, whole.grad, rtol=1e-12, atol=1e-14)
    assert torch.allclose(_objective(case, model=model).hvp(case.W, case.V), hvp, rtol=1e-12, atol=1e-14)


def test_regularizers_alone_agree_with_autograd() -> None:
    case = _case()
    parts = {
        "R1": HighDegreeSample(case.directions, case.network.on(case.X)),
        "R2": HighDegreePopulation(case.directions, case.covariance),
        "R3": LowDegreeNorm(case.directions),
        "R4": GroupNorm(),
    }
    for name, part in parts.items():
        W = case.W.clone().requires_grad_()
        value = _plain_terms(case, W, model="full", ell="squared")[name]
        gradient = torch.autograd.grad(value, W, create_graph=True)[0]
        hvp = torch.autograd.grad((gradient * case.V).sum(), W)[0]
        assert float(part.value(case.W)) == pytest.approx(float(value.detach()), rel=TOLERANCE), name
        assert _close(part.grad(case.W), gradient.detach()), name
        assert _close(part.hvp(case.W, case.V), hvp), name


def test_float32_follows_float64() -> None:
    d, m, n = 10, 40, 60
    exact = _case(d=d, m=m, n=n, scale=0.2)
    network = Network(
        exact.network.w0.float(), exact.network.a.float(), exact.network.activation, paired=True
    )
    single = Objective(
        network,
        exact.X.float(),
        exact.y.float(),
        loss("squared"),
        lambda_=ALL,
        directions=good_directions(network, exact.unlabeled.float(), 1),
        covariance=ExactCovariance(network),
    ).evaluate(exact.W.float())
    double = _objective(exact).evaluate(exact.W)
    # 6e-8 per operation, through sums of some hundred terms.
    assert single.value == pytest.approx(double.value, rel=1e-5)
    assert float((single.grad.double() - double.grad).norm()) < 1e-5 * float(double.grad.norm())
    assert single.grad.dtype is torch.float32


def test_paired_network_starts_at_exactly_zero() -> None:
    case = _case()
    terms = _objective(case).terms(torch.zeros_like(case.W))
    assert terms["loss"] == float(case.y.square().mean())
    assert terms["R1"] == terms["R2"] == terms["R3"] == terms["R4"] == 0.0


def test_evaluation_leaves_its_inputs_alone() -> None:
    case = _case()
    kept = [tensor.clone() for tensor in (case.X, case.y, case.W, case.V)]
    objective = _objective(case)
    first = objective.evaluate(case.W)
    objective.hvp(case.W, case.V)
    again = objective.evaluate(case.W)
    assert torch.equal(first.grad, again.grad) and first.value == again.value
    for before, after in zip(kept, (case.X, case.y, case.W, case.V), strict=True):
        assert torch.equal(before, after)


def test_weights_of_zero_need_no_parts() -> None:
    case = _case()
    alone = Objective(case.network, case.X, case.y, loss("squared"), lambda_=(0, 0, 0, 0.5))
    assert sorted(alone.terms(case.W)) == ["R4", "loss"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lambda_": (1.0, -1.0, 0.0, 0.0)}, "none negative"),
        ({"lambda_": (1.0, float("nan"), 0.0, 0.0)}, "none negative"),
        ({"lambda_": (1.0, 1.0, 0.0)}, "four finite numbers"),
        ({"directions": None}, "directions"),
        ({"covariance": None}, "covariance"),
        ({"model": "ful"}, "did you mean 'full'"),
        (
            {"X": torch.zeros(0, 4, dtype=torch.float64), "y": torch.zeros(0, dtype=torch.float64)},
            "n of 1 or more",
        ),
        ({"X": torch.zeros(5, 3, dtype=torch.float64)}, "shape"),
        ({"X": torch.zeros(5, 4)}, "float32"),
        ({"y": torch.zeros(4, dtype=torch.float64)}, r"shape \(5,\)"),
        ({"y": torch.zeros(5)}, "float32"),
    ],
)
def test_bad_input(changes: dict[str, object], message: str) -> None:
    case = _case()
    good = {
        "X": case.X,
        "y": case.y,
        "lambda_": ALL,
        "directions": case.directions,
        "covariance": case.covariance,
        "model": "full",
    } | changes
    X, y = good.pop("X"), good.pop("y")
    with pytest.raises(InputError, match=message):
        Objective(case.network, X, y, loss("squared"), **good)


def test_bad_movement() -> None:
    case = _case()
    objective = _objective(case)
    for W in (case.W[:-1], case.W.float()):
        for call in (objective.value, objective.grad, lambda V: objective.hvp(case.W, V)):
            with pytest.raises(InputError, match="movement"):
                call(W)

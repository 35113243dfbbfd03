import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training import risk as module
from training.activation import activation
from training.covariance import ExactCovariance
from training.network import Network, initialise
from training.objective import MODELS
from training.risk import coupling_error, estimated_risk, exact_risk, risk
from training.sphere import generator, sample_sphere
from training.target import Target, make_target

Rule = Callable[[int, int], tuple[Tensor, Tensor]]
# Values of order one from a cubature of 10^4 points, and from the closed form.
CLOSE = 1e-12


def network(d: int, *, m: int = 6, paired: bool = True, name: str = "sincos", seed: int = 3) -> Network:
    made = initialise(m, d, activation(name), seed=seed)
    if paired:
        return made
    w0 = 1.3 * sample_sphere(m, d, radius=1.0, generator=generator(seed, "weights"))
    return Network(w0, made.a, made.activation)


def movement(net: Network, scale: float = 0.8) -> Tensor:
    return scale * torch.randn(net.w0.shape, generator=generator(5, "W"), dtype=torch.float64)


def predict(net: Network, W: Tensor, X: Tensor, model: str) -> Tensor:
    on = net.on(X)
    terms = {"full": [on.f], "linear": [on.f_L], "quadratic": [on.f_Q], "second-order": [on.f_L, on.f_Q]}
    return torch.stack([term(W) for term in terms[model]]).sum(dim=0)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("d", "k"), [(4, 3), (3, 1)])
def test_closed_form_is_the_integral(sphere_rule: Rule, model: str, paired: bool, d: int, k: int) -> None:
    """Weights of any length, paired or not, and targets of degree up to 4."""
    net, target = network(d, paired=paired), make_target(d, k, 2, seed=1)
    W = movement(net)
    X, weights = sphere_rule(d, 50)
    found = risk(net, W, target, model=model)
    values = predict(net, W, X, model)
    assert abs(found.value - float(weights @ (values - target(X)).square())) < CLOSE * (1 + found.moment)
    assert abs(found.cross - float(weights @ (values * target(X)))) < CLOSE * (1 + found.moment)
    assert found.value == exact_risk(net, W, target, model=model)


def test_linear_part_is_the_form_of_the_covariance() -> None:
    """The other closed form of E f_L², at a size where blocks of neurons matter."""
    net = network(12, m=60)
    W = movement(net, 0.2)
    moment = risk(net, W, make_target(12, 1, 1, seed=0), model="linear").moment
    assert math.isclose(moment, float(ExactCovariance(net).quadratic(W)), rel_tol=1e-13)


def test_blocks_of_neurons_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    net, target = network(5, m=20), make_target(5, 2, 1, seed=0)
    W = movement(net)
    whole = [risk(net, W, target, model=model).value for model in MODELS]
    monkeypatch.setattr(module, "_BLOCK_ENTRIES", 60)
    for model, value in zip(MODELS, whole, strict=True):
        assert math.isclose(risk(net, W, target, model=model).value, value, rel_tol=1e-13)


def test_a_network_that_has_not_moved_has_the_null_risk() -> None:
    net, target = network(6, m=40), make_target(6, 1, 1, seed=2)
    found = risk(net, torch.zeros_like(net.w0), target)
    assert abs(found.value - target.null_risk) <= found.rounding < 1e-11
    assert coupling_error(net, torch.zeros_like(net.w0)).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_coupling_error_is_the_integral_and_of_third_order(sphere_rule: Rule, paired: bool) -> None:
    net = network(3, paired=paired)
    W = movement(net)
    X, weights = sphere_rule(3, 80)
    on = net.on(X)
    stated = float(weights @ (on.f(W) - on.term(0, W) - on.f_L(W) - on.f_Q(W)).square())
    found = coupling_error(net, W)
    assert abs(found.value - stated) <= max(found.rounding, CLOSE)
    # Four second moments are added up, three of them beside the one in the risk.
    assert found.rounding > risk(net, W, make_target(3, 1, 1, seed=0)).rounding > 0
    # The remainder is of third order in W, its square of sixth.
    ratio = coupling_error(net, 0.2 * W).value / coupling_error(net, 0.1 * W).value
    assert 50 < ratio < 70


def test_single_precision_weights_are_taken_as_they_are() -> None:
    net = initialise(8, 5, activation("sincos"), seed=0, dtype=torch.float32)
    W = movement(net).float()
    double = Network(net.w0.double(), net.a.double(), net.activation, paired=True)
    target = make_target(5, 1, 1, seed=0)
    assert exact_risk(net, W, target) == exact_risk(double, W.double(), target)


@pytest.mark.parametrize("name", ["tanh-shift", "sincos"])
@pytest.mark.parametrize("model", MODELS)
def test_estimate_covers_the_integral(sphere_rule: Rule, name: str, model: str) -> None:
    net, target = network(3, name=name), make_target(3, 1, 1, seed=1)
    W = movement(net)
    X, weights = sphere_rule(3, 60)
    stated = float(weights @ (predict(net, W, X, model) - target(X)).square())
    points = sample_sphere(40_000, 3, radius=3**0.5, generator=generator(9, "points"))
    wide = estimated_risk(net, W, target, points, model=model, level=1 - 1e-6)
    assert wide.lower < stated < wide.upper
    narrow = estimated_risk(net, W, target, points, model=model, level=0.5)
    # Normal quantiles: 4.892 over 0.6745.
    assert math.isclose((wide.upper - wide.value) / (narrow.upper - narrow.value), 7.252, rel_tol=1e-3)
    assert wide.points == 40_000
    squares = (predict(net, W, points, model) - target(points)).square().numpy()
    width = 4.891638 * squares.std(ddof=1) / 200  # the normal quantile of 1 - 5e-7
    assert math.isclose(wide.upper - wide.value, width, rel_tol=1e-6)
    assert math.isclose(wide.value - wide.lower, width, rel_tol=1e-6)


def test_inputs_that_have_no_closed_form_are_refused() -> None:
    net, target = network(4), make_target(4, 1, 1, seed=0)
    W = movement(net)
    with pytest.raises(InputError, match="estimated_risk"):
        exact_risk(network(4, name="tanh-shift"), W, target)
    with pytest.raises(InputError, match="second-order"):
        exact_risk(net, W, target, model="cubic")
    with pytest.raises(InputError, match="shape"):
        exact_risk(net, W[:2], target)
    with pytest.raises(InputError, match="diverged"):
        exact_risk(net, W * math.nan, target)
    with pytest.raises(InputError, match="dimension 5"):
        exact_risk(net, W, make_target(5, 1, 1, seed=0))
    with pytest.raises(InputError, match="so long"):
        exact_risk(net, 20 * W, target)
    X = sample_sphere(10, 4, radius=2.0, generator=generator(0, "x"))
    with pytest.raises(InputError, match="level"):
        estimated_risk(net, W, target, X, level=1.0)
    with pytest.raises(InputError, match="points"):
        estimated_risk(net, W, target, X[:1])
    with pytest.raises(InputError, match="diverged"):
        estimated_risk(net, W * math.nan, target, X)
    with pytest.raises(InputError, match="shape"):
        estimated_risk(net, W[:2], target, X)
    with pytest.raises(InputError, match="dimension 5"):
        estimated_risk(net, W, make_target(5, 1, 1, seed=0), X)
    with pytest.raises(InputError, match=r"points of shape \(10, 3\)"):
        estimated_risk(net, W, target, X[:, :3])
    with pytest.raises(InputError, match="finite: False"):
        estimated_risk(net, W, target, X * math.inf)


def test_target_type_is_the_ridge_decomposition() -> None:
    """E f*² in the risk is the target's own, so a target without sparse part costs its dense energy alone."""
    target = make_target(6, 2, 1, seed=0, alphas=[0.0])
    assert isinstance(target, Target)
    assert risk(network(6), torch.zeros(6, 6, dtype=torch.float64), target).null == pytest.approx(
        1, abs=1e-12
    )

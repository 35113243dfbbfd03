"""The problem that a configuration poses: data, network, target, objective and the error on fresh points."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from training.config import Config
from training.covariance import Covariance, ExactCovariance, SampledCovariance
from training.directions import good_directions
from training.loss import loss
from training.moments import moment_directions
from training.network import Network, initialise
from training.objective import Objective
from training.sample import OnSample
from training.sphere import generator, sample_sphere
from training.subspace import Subspace
from training.target import Target, make_target

Predict = Callable[[Tensor], Tensor]

# Entries (points × neurons) that are evaluated together: 16 MB per array in float64.
_BLOCK_ENTRIES = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A mean over fresh points with its standard error; `mean ± 1.96 standard_error` covers about 95%."""

    mean: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class Problem:
    """A regression problem on the sphere and the network that learns it.

    Args:
        config: The configuration.
        target: The target f*.
        network: The network at initialization, in the dtype of the training.
        X: Training inputs, `(n, d)`, float64.
        y: Labels f*(X), `(n,)`, float64.
    """

    config: Config
    target: Target
    network: Network
    X: Tensor
    y: Tensor

    def objective(self) -> Objective:
        """The configured objective, in the dtype of the training."""
        config, dtype = self.config, self.config.torch_dtype
        directions: Subspace | None = None
        covariance: Covariance | None = None
        if any(config.lambda_[:3]):
            if config.n_unlabeled is None:
                directions = moment_directions(self.network, config.k)
            else:
                directions = good_directions(self.network, self._unlabeled(), config.k)
            if config.lambda_[1] and self.network.activation.name == "sincos":
                covariance = ExactCovariance(self.network)
            elif config.lambda_[1]:
                covariance = SampledCovariance(self.network, self._unlabeled())
        return Objective(
            self.network,
            self.X.to(dtype),
            self.y.to(dtype),
            loss(config.loss),
            lambda_=config.lambda_,
            directions=directions,
            covariance=covariance,
            model=config.model,
        )

    def in_float64(self) -> Problem:
        """The same problem with the training in float64."""
        net = self.network
        exact = Network(net.w0.double(), net.a.double(), net.activation, paired=net.paired)
        return replace(self, config=replace(self.config, dtype="float64"), network=exact)

    def points(self, purpose: str, count: int) -> Tensor:
        """Fresh inputs of the stream of this purpose, `(count, d)`, float64."""
        d = self.config.d
        return sample_sphere(count, d, radius=math.sqrt(d), generator=generator(self.config.seed, purpose))

    def model_error(self, W: Tensor, purpose: str, count: int) -> Estimate:
        """Mean of `(model(x;W) - f*(x))²` over fresh points, computed in float64."""
        exact = self.in_float64().network
        predict = _MODELS[self.config.model]
        return self.error(lambda X: predict(exact.on(X), W.double()), purpose, count)

    def error(self, predict: Predict, purpose: str, count: int) -> Estimate:
        """Mean of `(predict(x) - f*(x))²` over fresh points of a stream, with its standard error."""
        X = self.points(purpose, count)
        step = max(1, _BLOCK_ENTRIES // max(self.config.m, self.config.n))
        squares = torch.cat([(predict(part) - self.target(part)).square() for part in torch.split(X, step)])
        spread = float(squares.std()) if count > 1 else math.inf
        return Estimate(float(squares.mean()), spread / math.sqrt(count))

    def _unlabeled(self) -> Tensor:
        return self.points("unlabeled", self.config.unlabeled).to(self.config.torch_dtype)


def make_problem(config: Config) -> Problem:
    """Draw the network, the target and the training data of a configuration; each from its own stream."""
    network = initialise(config.m, config.d, config.sigma(), seed=config.seed, dtype=config.torch_dtype)
    target = make_target(config.d, config.k, config.R, seed=config.seed)
    radius = math.sqrt(config.d)
    X = sample_sphere(config.n, config.d, radius=radius, generator=generator(config.seed, "data"))
    return Problem(config, target, network, X, target(X))


def _second_order(sample: OnSample, W: Tensor) -> Tensor:
    return sample.f_L(W) + sample.f_Q(W)


_MODELS: dict[str, Callable[[OnSample, Tensor], Tensor]] = {
    "full": OnSample.f,
    "second-order": _second_order,
    "linear": OnSample.f_L,
    "quadratic": OnSample.f_Q,
}

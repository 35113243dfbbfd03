"""The configuration of an experiment: everything that determines its numbers, checked on construction."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from theory.errors import InputError
from training.activation import Activation, activation, from_tree
from training.jets import Tree
from training.loss import loss_names
from training.objective import MODELS
from training.smoothness import suprema
from training.sphere import low_degree_count

OPTIMIZERS = ("gd", "lbfgs")
STEP_RULES = ("fixed", "smooth")
# Beyond any size that memory or time could serve; what lies below is refused with an estimate of its memory.
MOST = 10**15
MOST_DIRECTIONS = 15  # as a power of ten
MOST_LEVELS = 200  # of an expression tree; the parser makes fewer
_DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True, kw_only=True)
class Config:
    """One experiment: data, network, objective, optimizer and evaluation.

    Args:
        k: Degree of the dense part of the target and of the good directions.
        d: Input dimension.
        n: Labelled training points.
        m: Width.
        R: Directions of the sparse part of the target.
        lambda_: Weights (λ1, λ2, λ3, λ4) of the regularizers.
        activation: A built-in name, or an expression tree in z as `training.activation.from_tree` takes.
        loss: `squared` or `logcosh`.
        model: What is trained: `full`, `second-order`, `linear` or `quadratic`.
        optimizer: `gd` (perturbed gradient descent) or `lbfgs`.
        steps: Steps of gradient descent, or most iterations of L-BFGS.
        step_rule: `fixed`, the learning rate lr; or `smooth`, 1/β with a bound β on the Hessian wherever the
            objective is at most that of the start (`training.smoothness`): a sure step, far from the longest.
        lr: Learning rate of gradient descent where the step rule is `fixed`.
        momentum: Its momentum.
        start_radius: W starts at a uniform point of the ball of this radius; at 0, f_Q would never move.
        noise_radius: Radius of the noise that is added where the gradient is small.
        gradient_threshold: Gradient norm that counts as small.
        noise_interval: Least number of steps between two additions of noise.
        seed: Seed of data, weights, target, start and noise.
        dtype: `float32` or `float64`, of the training; the evaluation is always in float64.
        n_test: Fresh points for the test error.
        n_held: Fresh labelled points on which the rivals choose their strength.
        n_unlabeled: Unlabeled points from which the good directions are estimated, 3 n_k or more; by default the
            directions come from exact moments, and only Σ of an activation without closed form needs points.
        hessian: Whether to compute the smallest eigenvalue of the Hessian at the end.

    Raises:
        InputError: If a setting is out of range, or a name is unknown.
    """

    k: int = 1
    d: int = 40
    n: int = 800
    m: int = 800
    R: int = 1
    lambda_: tuple[float, float, float, float] = (1.0, 1.0, 1e-3, 1e-4)
    activation: str | Tree = "sincos"
    loss: str = "squared"
    model: str = "full"
    optimizer: str = "gd"
    steps: int = 400
    step_rule: str = "fixed"
    lr: float = 1.0
    momentum: float = 0.95
    start_radius: float = 1.0
    noise_radius: float = 0.1
    gradient_threshold: float = 1e-3
    noise_interval: int = 50
    seed: int = 0
    dtype: str = "float32"
    n_test: int = 10_000
    n_held: int = 2_000
    n_unlabeled: int | None = None
    hessian: bool = False

    def __post_init__(self) -> None:
        for number in _NUMBERS:
            value = getattr(self, number.name)
            _check_type(number, value)
            if number.low > -math.inf and not number.low <= value < math.inf:
                raise InputError(
                    given=f"{number.name}={value}",
                    allowed=f"{number.name} of {number.low:g} or more",
                    do=f"use {number.name}={number.low:g} or a larger value",
                )
            most = 2**63 if number.name == "seed" else MOST
            if number.whole and abs(value) > most:
                raise InputError(
                    given=f"{number.name} of {len(str(abs(value)))} digits"
                    if value.bit_length() < 10_000
                    else f"{number.name} of more than 3000 digits",
                    allowed=f"{number.name} of at most {most:.0e}",
                    do="use a smaller value",
                )
        if self.m % 2:
            raise InputError(
                given=f"width m={self.m}",
                allowed="an even number of neurons: they come in pairs of opposite sign",
                do=f"use m={self.m + 1}",
            )
        if self.k >= self.d:
            raise InputError(
                given=f"degree k={self.k} at d={self.d}",
                allowed=f"1 ≤ k < d, here k of at most {self.d - 1}",
                do="lower k or raise d",
            )
        if self.R > self.d:
            raise InputError(
                given=f"R={self.R} sparse directions at d={self.d}",
                allowed=f"R of at most {self.d}",
                do="lower R",
            )
        if _log10_directions(self.d, self.k) > MOST_DIRECTIONS:
            raise InputError(
                given=f"degree k={self.k} at d={self.d}, for which there are about "
                f"1e{_log10_directions(self.d, self.k):.0f} good directions",
                allowed=f"fewer than 1e{MOST_DIRECTIONS} of them",
                do="lower k or d",
            )
        object.__setattr__(self, "lambda_", _checked_lambda(self.lambda_))
        _check_rates(self.lr, self.momentum)
        for name, value, known in (
            ("model", self.model, MODELS),
            ("optimizer", self.optimizer, OPTIMIZERS),
            ("step_rule", self.step_rule, STEP_RULES),
            ("dtype", self.dtype, tuple(_DTYPES)),
        ):
            _check_name(name, value, known)
        _check_name("loss", self.loss, loss_names())
        _check_step_rule(self.step_rule, self.optimizer, self.sigma())
        if self.n_unlabeled is not None:
            _check_type(_Number("n_unlabeled", 1), self.n_unlabeled)
        if self.n_unlabeled is not None and not 1 <= self.n_unlabeled <= MOST:
            raise InputError(
                given=f"n_unlabeled={str(self.n_unlabeled)[:40]}",
                allowed=f"a number from 1 to {MOST:.0e}",
                do="leave it out: the directions are then exact",
            )
        if self.n_unlabeled is not None and self.n_unlabeled < 3 * self.n_k and any(self.lambda_[:3]):
            raise InputError(
                given=f"n_unlabeled={self.n_unlabeled} for n_k={self.n_k} good directions",
                allowed=f"at least 3 n_k = {3 * self.n_k} points",
                do=f"use n_unlabeled={3 * self.n_k} or leave it out",
            )

    @property
    def n_k(self) -> int:
        """The number of good directions: of linearly independent polynomials of degree ≤ k on the sphere."""
        return low_degree_count(self.d, self.k)

    @property
    def unlabeled(self) -> int:
        """The number of unlabeled points, where some are needed: 10 n_k but at most 1500, never below 3 n_k."""
        if self.n_unlabeled is not None:
            return self.n_unlabeled
        return max(3 * self.n_k, min(10 * self.n_k, 1500))

    @property
    def torch_dtype(self) -> torch.dtype:
        """The floating type of the training."""
        return _DTYPES[self.dtype]

    def sigma(self) -> Activation:
        """The activation σ.

        Raises:
            InputError: If the name or an operation of the tree is unknown.
        """
        if isinstance(self.activation, str):
            return activation(self.activation)
        return from_tree("expression", self.activation)

    def to_dict(self) -> dict[str, Any]:
        """All settings as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Config:
        """The configuration with these settings, the others at their defaults.

        Raises:
            InputError: If a name is unknown or a value out of range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in settings:
            _check_name("setting", name, tuple(known))
        return cls(**{name: _tuples(value) for name, value in settings.items()})

    def digest(self) -> str:
        """Six hexadecimal digits that tell trajectories apart: the start of their SHA-256."""
        text = json.dumps(self.trajectory(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:6]

    def trajectory(self) -> dict[str, Any]:
        """The settings that determine the path of the training: all but its length and the evaluation."""
        evaluation = {"steps", "n_test", "n_held", "hessian"}
        found = {name: value for name, value in self.to_dict().items() if name not in evaluation}
        if self.step_rule == "fixed":
            del found["step_rule"]  # as in checkpoints from before there was another rule
        return found


@dataclass(frozen=True)
class _Number:
    name: str
    low: float
    whole: bool = True


_NUMBERS = (
    _Number("d", 3),
    _Number("k", 1),
    _Number("n", 1),
    _Number("m", 2),
    _Number("R", 1),
    _Number("steps", 1),
    _Number("start_radius", 0, whole=False),
    _Number("noise_radius", 0, whole=False),
    _Number("gradient_threshold", 0, whole=False),
    _Number("noise_interval", 1),
    _Number("n_test", 2),
    _Number("n_held", 1),
    _Number("seed", -math.inf),
    _Number("lr", -math.inf, whole=False),
    _Number("momentum", -math.inf, whole=False),
)


def _log10_directions(d: int, k: int) -> float:
    """About log10 C(d+k, k), which n_k never exceeds by more than a factor 2: the number itself may be huge."""
    return (math.lgamma(d + k + 1) - math.lgamma(d + 1) - math.lgamma(k + 1)) / math.log(10)


def _check_name(what: str, name: str, known: tuple[str, ...]) -> None:
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        raise InputError(
            given=f"{what} {name!r:.80}",
            allowed=f"one of {', '.join(known)}",
            do=f"did you mean {near[0]!r}?" if near else "choose one of these names",
        )


def _check_type(number: _Number, value: object) -> None:
    kinds: tuple[type, ...] = (int,) if number.whole else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise InputError(
            given=f"{number.name}={value!r}",
            allowed="a whole number" if number.whole else "a number",
            do=f"give {number.name} as a number, without quotes",
        )


def _checked_lambda(lambda_: object) -> tuple[float, ...]:
    weights = lambda_ if isinstance(lambda_, list | tuple) else ()
    numbers = [float(weight) for weight in weights if isinstance(weight, int | float)]
    if len(weights) != 4 or len(numbers) != 4 or not all(0 <= weight < math.inf for weight in numbers):
        raise InputError(
            given=f"regularizer weights λ={lambda_}",
            allowed="four finite numbers (λ1, λ2, λ3, λ4), none negative",
            do="use 0 for a term that should be left out",
        )
    return tuple(numbers)


def _check_rates(lr: float, momentum: float) -> None:
    if not (0 < lr < math.inf and 0 <= momentum < 1):
        raise InputError(
            given=f"lr={lr}, momentum={momentum}",
            allowed="a positive lr and momentum in [0, 1)",
            do="use lr=1 and momentum=0.95",
        )


def _check_step_rule(rule: str, optimizer: str, sigma: Activation) -> None:
    if rule != "smooth":
        return
    if optimizer != "gd":
        raise InputError(
            given=f"step_rule={rule!r} with optimizer={optimizer!r}",
            allowed="a step rule for gradient descent: L-BFGS finds its steps by line search",
            do="use optimizer='gd', or leave out the step rule",
        )
    suprema(sigma)


def _tuples(value: Any, depth: int = 0) -> Any:
    """JSON has no tuples: lists become tuples again."""
    if depth > MOST_LEVELS:
        raise InputError(
            given=f"a setting nested deeper than {MOST_LEVELS} levels",
            allowed="an expression tree as `theory.parser` makes it",
            do="simplify the activation",
        )
    return tuple(_tuples(item, depth + 1) for item in value) if isinstance(value, list | tuple) else value

"""The four regularizers R1…R4 of the movement W, each with its gradient and Hessian-vector product.

R1 keeps the high-degree part of the linear term small on the sample, R2 on the population, R3 keeps the
low-degree movement short and R4 the movement of the quadratic term (Nichani, Bai, Lee 2022). Each is written
plainly, one class per formula; `training.objective` computes the same numbers in one shared pass over the
data. R1, R2 and R3 are quadratic forms, so their Hessian-vector product is the gradient at the other vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from training.sample import OnSample


class Directions(Protocol):
    """What the regularizers use of `training.directions.GoodDirections`; movements are `(m, d)`."""

    def project(self, W: Tensor) -> Tensor:
        """P_≤ W."""
        ...

    def project_out(self, W: Tensor) -> Tensor:
        """P_> W = W - P_≤ W."""
        ...

    def coefficients(self, W: Tensor) -> Tensor:
        """Coordinates Uᵀ vec W in an orthonormal basis of the range of P_≤, `(n_k,)`."""
        ...

    def lift(self, c: Tensor) -> Tensor:
        """The movement U c with the coordinates c."""
        ...

    def features_low(self, X: Tensor) -> Tensor:
        """ΦU, the linear parts at X of the basis movements, `(n, n_k)`."""
        ...


class Covariance(Protocol):
    """What the regularizers use of `training.covariance`: the feature covariance Σ as an operator."""

    def apply(self, W: Tensor) -> Tensor:
        """Σ W, `(m, d)`."""
        ...


class Regularizer(Protocol):
    """A function of W `(m, d)` with its first two derivatives."""

    def value(self, W: Tensor) -> Tensor:
        """The value, a 0-dimensional tensor."""
        ...

    def grad(self, W: Tensor) -> Tensor:
        """The gradient, `(m, d)`."""
        ...

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """The Hessian at W applied to V, `(m, d)`."""
        ...


@dataclass(frozen=True, eq=False)
class HighDegreeSample:
    """`R1 = (1/n) Σ_i f_L(x_i; P_>W)²`, the high-degree linear part on the sample.

    Args:
        directions: The good directions, which define P_≤ and P_> = I - P_≤.
        sample: The network at the n training inputs.
    """

    directions: Directions
    sample: OnSample

    def value(self, W: Tensor) -> Tensor:
        """R1 of W `(m, d)`."""
        return self.sample.f_L(self.directions.project_out(W)).square().mean()

    def grad(self, W: Tensor) -> Tensor:
        """`(2/n) P_> Φᵀ Φ P_> W`, `(m, d)`."""
        residual = self.sample.f_L(self.directions.project_out(W))
        return self.directions.project_out(self.sample.pullback_L(residual * (2 / self.sample.n)))

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """`(2/n) P_> Φᵀ Φ P_> V`: R1 is quadratic."""
        return self.grad(V)


@dataclass(frozen=True, eq=False)
class HighDegreePopulation:
    """`R2 = E_x f_L(x; P_>W)² = ⟨P_>W, Σ P_>W⟩`, the high-degree linear part on the population.

    Args:
        directions: The good directions.
        covariance: The feature covariance Σ as an operator.
    """

    directions: Directions
    covariance: Covariance

    def value(self, W: Tensor) -> Tensor:
        """R2 of W `(m, d)`."""
        high = self.directions.project_out(W)
        return (high * self.covariance.apply(high)).sum()

    def grad(self, W: Tensor) -> Tensor:
        """`2 P_> Σ P_> W`, `(m, d)`."""
        return 2 * self.directions.project_out(self.covariance.apply(self.directions.project_out(W)))

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """`2 P_> Σ P_> V`: R2 is quadratic."""
        return self.grad(V)


@dataclass(frozen=True, eq=False)
class LowDegreeNorm:
    """`R3 = ‖P_≤W‖_F²`, the size of the movement that the linear part learns with.

    Args:
        directions: The good directions.
    """

    directions: Directions

    def value(self, W: Tensor) -> Tensor:
        """R3 of W `(m, d)`."""
        return self.directions.coefficients(W).square().sum()

    def grad(self, W: Tensor) -> Tensor:
        """`2 P_≤ W`, `(m, d)`."""
        return 2 * self.directions.project(W)

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """`2 P_≤ V`: R3 is quadratic."""
        return self.grad(V)


@dataclass(frozen=True)
class GroupNorm:
    """`R4 = ‖W‖_{2,4}^8 = (Σ_r ‖w_r‖⁴)²`, the size of the movement that the quadratic part learns with."""

    def value(self, W: Tensor) -> Tensor:
        """R4 of W `(m, d)`."""
        return W.square().sum(dim=1).square().sum().square()

    def grad(self, W: Tensor) -> Tensor:
        """Row r: `8 (Σ_s ‖w_s‖⁴) ‖w_r‖² w_r`, `(m, d)`."""
        squares = W.square().sum(dim=1, keepdim=True)
        return (8 * squares.square().sum() * squares) * W

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """The Hessian at W applied to V, `(m, d)`.

        Row r: `8S (‖w_r‖² v_r + 2 (w_r·v_r) w_r) + 32 (Σ_s ‖w_s‖² w_s·v_s) ‖w_r‖² w_r`, `S = Σ_s ‖w_s‖⁴`.
        """
        squares = W.square().sum(dim=1, keepdim=True)
        inner = (W * V).sum(dim=1, keepdim=True)
        total = squares.square().sum()
        along = 16 * total * inner + 32 * (squares * inner).sum() * squares
        return (8 * total * squares) * V + along * W

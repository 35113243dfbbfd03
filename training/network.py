"""The two-layer network at initialization and its functions of the movement W.

`f(x;W) = m^{-1/2} Σ_r a_r σ((w0_r + w_r)·x)` with unit rows w0_r and signs a_r. In a paired network
`w0_{r+m/2} = w0_r` and `a_{r+m/2} = -a_r`, so it starts at exactly zero. A `Network` is the fixed data
(w0, a, σ); each method evaluates at given inputs. Code that evaluates the same inputs many times takes
`on(X)` once, which caches what does not depend on W: the formulas live there (`training.sample`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.sample import OnSample
from training.sphere import generator, sample_sphere


@dataclass(frozen=True, eq=False)
class Network:
    """A two-layer network at initialization (Nichani, Bai, Lee 2022).

    Shapes in all methods: X `(n, d)`, movements W and V `(m, d)`, ν `(n,)`.

    Args:
        w0: First-layer weights at initialization, `(m, d)`.
        a: Second-layer signs ±1, `(m,)`, which stay fixed.
        activation: The activation σ.
        paired: Whether rows r and r + m/2 have the same w0 and opposite signs; this saves half of the work.

    Raises:
        InputError: If the shapes or dtypes do not fit, a sign is not ±1, or `paired` is claimed but untrue.
    """

    w0: Tensor
    a: Tensor
    activation: Activation
    paired: bool = False

    def __post_init__(self) -> None:
        _check_network(self)

    @property
    def m(self) -> int:
        """Width: the number of neurons."""
        return self.w0.shape[0]

    @property
    def d(self) -> int:
        """Input dimension."""
        return self.w0.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        """Floating type of everything that this network takes and returns."""
        return self.w0.dtype

    @property
    def distinct(self) -> int:
        """The number of distinct first-layer rows: m/2 if paired, else m."""
        return self.m // 2 if self.paired else self.m

    @property
    def w0_distinct(self) -> Tensor:
        """The distinct first-layer rows, `(distinct, d)`."""
        return self.w0[: self.distinct]

    @property
    def readout(self) -> Tensor:
        """`m^{-1/2} a_r` for the distinct rows, `(distinct,)`."""
        return self.a[: self.distinct] / math.sqrt(self.m)

    def on(self, X: Tensor) -> OnSample:
        """This network at the inputs X `(n, d)`, caching what does not depend on W.

        Raises:
            InputError: If X has another shape or dtype than the network takes.
        """
        return OnSample(self, X)

    def f(self, W: Tensor, X: Tensor) -> Tensor:
        """The network, `f(x;W) = m^{-1/2} Σ_r a_r σ((w0_r + w_r)·x)`; exactly 0.0 at W = 0 if paired."""
        return self.on(X).f(W)

    def term(self, j: int, W: Tensor, X: Tensor) -> Tensor:
        """Taylor term `f^{(j)}(x;W) = m^{-1/2}/j! Σ_r a_r σ^{(j)}(w0_r·x) (w_r·x)^j`, `(n,)`.

        Raises:
            InputError: If j is negative.
        """
        return self.on(X).term(j, W)

    def f_L(self, W: Tensor, X: Tensor) -> Tensor:
        """The linear (NTK) part f^{(1)}, `(n,)`."""
        return self.on(X).f_L(W)

    def f_Q(self, W: Tensor, X: Tensor) -> Tensor:
        """The quadratic (QuadNTK) part f^{(2)}, `(n,)`."""
        return self.on(X).f_Q(W)

    def remainder_bound(self, W: Tensor, X: Tensor, M3: float) -> Tensor:
        """Bound `M3/(6√m) Σ_r |w_r·x|³` on |f - f_L - f_Q| where |σ'''| ≤ M3 and f(x;0) = 0, `(n,)`."""
        return self.on(X).remainder_bound(W, M3)

    def pullback(self, W: Tensor, X: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f(x_i;W), `(m, d)`."""
        return self.on(X).pullback(W, nu)

    def pullback_L(self, X: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f_L(x_i) = Φᵀν, `(m, d)`; the same for every W."""
        return self.on(X).pullback_L(nu)

    def pullback_Q(self, W: Tensor, X: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f_Q(x_i;W), `(m, d)`."""
        return self.on(X).pullback_Q(W, nu)

    def pushforward(self, W: Tensor, X: Tensor, V: Tensor) -> Tensor:
        """Directional derivatives ∇f(x_i;W)·V, `(n,)`."""
        return self.on(X).pushforward(W, V)

    def pushforward_L(self, X: Tensor, V: Tensor) -> Tensor:
        """Directional derivatives ∇f_L(x_i)·V = f_L(x_i;V), `(n,)`; the same for every W."""
        return self.on(X).pushforward_L(V)

    def pushforward_Q(self, W: Tensor, X: Tensor, V: Tensor) -> Tensor:
        """Directional derivatives ∇f_Q(x_i;W)·V, `(n,)`."""
        return self.on(X).pushforward_Q(W, V)

    def curvature(self, W: Tensor, X: Tensor, nu: Tensor, V: Tensor) -> Tensor:
        """Σ_i ν_i ∇²f(x_i;W)[V,·], `(m, d)`."""
        return self.on(X).curvature(W, nu, V)

    def curvature_Q(self, X: Tensor, nu: Tensor, V: Tensor) -> Tensor:
        """Σ_i ν_i ∇²f_Q(x_i)[V,·], `(m, d)`; the same for every W."""
        return self.on(X).curvature_Q(nu, V)

    def features(self, X: Tensor) -> Tensor:
        """NTK features Φ, `(n, m*d)`, row-major in (neuron, coordinate): small sizes only."""
        return self.on(X).features()

    def gram(self, X: Tensor, X2: Tensor | None = None) -> Tensor:
        """NTK Gram matrix `K_m(x,x') = (x·x') (1/m) Σ_r σ'(w0_r·x) σ'(w0_r·x')`, `(n, n)` or `(n, n')`."""
        return self.on(X).gram(None if X2 is None else self.on(X2))

    def sigma(self, j: int, X: Tensor) -> Tensor:
        """`σ^{(j)}(w0_r·x_i)` for all neurons, `(n, m)`."""
        half = self.on(X).sigma(j)
        return torch.cat((half, half), dim=1) if self.paired else half

    def sigma1(self, X: Tensor) -> Tensor:
        """`σ'(w0_r·x_i)` for all neurons, `(n, m)`."""
        return self.sigma(1, X)


def initialise(
    m: int, d: int, activation: Activation, *, seed: int, dtype: torch.dtype = torch.float64
) -> Network:
    """A paired network: m/2 `w0_r ~ Unif(S^{d-1}(1))` with fair random signs, then their partners.

    Args:
        m: Width, even and 2 or more.
        d: Input dimension, 3 or more.
        activation: The activation σ.
        seed: Seed of the run; the purposes "weights" and "signs" are used.
        dtype: Floating type; the weights are drawn in float64 and rounded.

    Raises:
        InputError: If m is odd or below 2, or d is below 3.
    """
    if m < 2 or m % 2:
        raise InputError(
            given=f"width m={m}",
            allowed="an even number of neurons, 2 or more (they come in pairs of opposite sign)",
            do=f"use m={max(2, m + m % 2)}",
        )
    if d < 3:
        raise InputError(given=f"dimension d={d}", allowed="d of 3 or more", do="use a larger dimension")
    half = sample_sphere(m // 2, d, radius=1.0, generator=generator(seed, "weights"), dtype=dtype)
    coin = torch.randint(0, 2, (m // 2,), generator=generator(seed, "signs"))
    signs = (2 * coin - 1).to(dtype)
    return Network(torch.cat((half, half)), torch.cat((signs, -signs)), activation, paired=True)


def _check_network(net: Network) -> None:
    w0, a = net.w0, net.a
    if w0.ndim != 2 or a.shape != w0.shape[:1] or a.dtype != w0.dtype or not w0.dtype.is_floating_point:
        raise InputError(
            given=f"w0 of shape {tuple(w0.shape)} and {w0.dtype}, a of shape {tuple(a.shape)} and {a.dtype}",
            allowed="w0 of shape (m, d) and a of shape (m,) with one floating dtype",
            do="pass one row of w0 and one sign per neuron",
        )
    if not bool((a.abs() == 1).all()):
        raise InputError(given="a second-layer weight other than ±1", allowed="signs ±1", do="pass signs")
    h = w0.shape[0] // 2
    if net.paired and not (
        w0.shape[0] % 2 == 0 and torch.equal(w0[:h], w0[h:]) and torch.equal(a[:h], -a[h:])
    ):
        raise InputError(
            given="paired=True for weights that are not in antisymmetric pairs",
            allowed="w0[r + m/2] = w0[r] and a[r + m/2] = -a[r] for r < m/2",
            do="pass paired=False, or make the network with initialise",
        )

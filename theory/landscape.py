r"""The landscape identity at any movement W, and what it says where W is nearly a second-order stationary point.

Contract: the training loss is L(W) = (1/n) Σ_p ℓ(Y_p, f_p) of the second-order model f = f_L + f_Q or of the full
network. A competitor is a pair (W_L, W_Q) with values f*_p = f_L(x_p; W_L) + f_Q(x_p; W_Q). With
X_p(U,V) = m^{-1/2} Σ_r a_r σ''(w0_r·x_p)(u_r·x_p)(v_r·x_p), g_{r,p} neuron r's part of ∇f_p·W_Q, and fair signs S,

    (1/n) Σ ℓ'_p (f*_p - f_p) = ⟨∇L, W_L⟩ - ⟨ℓ', X(W,W_L)⟩ + ½ E_S ∇²L[W_Q⊙S, W_Q⊙S] - ½ ⟨ℓ'', Σ_r g_r²⟩
                            - ½⟨∇L, W⟩ - ½⟨∇L, P_≤W⟩ + ½⟨ℓ', X(W, P_≤W)⟩ - ½⟨ℓ', f_L(P_> W)⟩   (+ Taylor terms),

brackets with ℓ', ℓ'' being means over the sample. Nothing but P_> = I - P_≤ is used of the projector. The gradient
and the Hessian are DERIVED by SymPy and contracted with the directions; `theory.sums.equal` with `SIGN_RULES`
proves the identity for all m, n, d. As ℓ is convex, the left side is at most L(f*) - L(W).

The regularizers enter at a stationary point of L_λ: `regularizer_pair` gives, for each, what
⟨∇R, V⟩ + ½ E_S ∇²R[W_Q⊙S, W_Q⊙S] with V = W_L - ½W - ½P_≤W is where W_L lies in ran P_≤.

Source: the argument of Bai and Lee 2020 and Nichani, Bai, Lee 2022; this form of it is this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory import regularizer
from theory.errors import InputError
from theory.expansion import (
    SIGMA,
    Pair,
    Scalar,
    X,
    a,
    at_sample,
    concretize,
    d,
    derivative,
    i,
    j,
    l,
    l2,
    m,
    movement,
    n,
    network,
    p,
    q,
    r,
    s,
    taylor_term,
    w,
    w0,
)
from theory.loss import ELL, Bivariate, Y, loss_derivative
from theory.signs import SIGN_RULES, P_low, S, average, average_exact

u, v = sp.IndexedBase("u"), sp.IndexedBase("v")  # W_L and W_Q
MODELS = ("second-order", "full")
HALF = sp.Rational(1, 2)

# What multiplies each term of the identity; a planted fault changes one of them.
COEFFICIENTS: Mapping[str, sp.Rational] = {
    "gradient along W_L": sp.S.One,
    "coupling of W and W_L": -sp.S.One,
    "mean curvature along W_Q": HALF,
    "energy of the neurons": -HALF,
    "gradient along W": -HALF,
    "gradient along P_low W": -HALF,
    "coupling of W and P_low W": HALF,
    "high-degree linear part": -HALF,
    "Taylor remainder": -sp.S.One,
}


def model(sigma: Scalar = SIGMA, which: str = "second-order") -> sp.Expr:
    """The prediction at sample p: f_L + f_Q, or the full network.

    Raises:
        InputError: For another name.
    """
    if which not in MODELS:
        raise InputError(given=f"model {which!r}", allowed=", ".join(MODELS), do="choose one of these names")
    if which == "full":
        return network(sigma, point=at_sample)
    return sp.Add(*(taylor_term(sigma, order, point=at_sample) for order in (1, 2)))


def loss(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "second-order") -> sp.Expr:
    """L(W) = (1/n) Σ_p ℓ(Y_p, f_p)."""
    return sp.Sum(ell(Y[p], model(sigma, which)), (p, 1, n)) / n


def gap(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "second-order") -> sp.Expr:
    """The left side, (1/n) Σ_p ℓ'_p (f*_p - f_p)."""
    best = taylor_term(sigma, 1, point=at_sample, moved=_entries(u)) + taylor_term(
        sigma, 2, point=at_sample, moved=_entries(v)
    )
    return _slope_mean(best - model(sigma, which), ell, sigma, which)


def terms(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "second-order") -> dict[str, sp.Expr]:
    """The terms of the right side without their coefficients, by the names of `COEFFICIENTS`."""
    gradient = sp.diff(loss(ell, sigma, which), w[q, l])

    def slope(array: regularizer.Array) -> sp.Expr:
        return sp.Sum(gradient * array(q, l), (q, 1, m), (l, 1, d))

    return {
        "gradient along W_L": slope(_entries(u)),
        "coupling of W and W_L": _slope_mean(coupling(sigma, _entries(u)), ell, sigma, which),
        "mean curvature along W_Q": average(signed_curvature(ell, sigma, which)),
        "energy of the neurons": _energy(ell, sigma, which),
        "gradient along W": slope(movement),
        "gradient along P_low W": slope(_low),
        "coupling of W and P_low W": _slope_mean(coupling(sigma, _low), ell, sigma, which),
        "high-degree linear part": _slope_mean(
            taylor_term(sigma, 1, point=at_sample, moved=lambda a_, b_: movement(a_, b_) - _low(a_, b_)),
            ell,
            sigma,
            which,
        ),
        **(
            {"Taylor remainder": _slope_mean(taylor_remainder(sigma), ell, sigma, which)}
            if which == "full"
            else {}
        ),
    }


def identity(
    ell: Bivariate = ELL,
    sigma: Scalar = SIGMA,
    which: str = "second-order",
    *,
    coefficients: Mapping[str, sp.Rational] = COEFFICIENTS,
) -> Pair:
    """(left side, right side) of the identity; a term without coefficient is left out."""
    found = terms(ell, sigma, which)
    right = (coefficients[name] * term for name, term in found.items() if name in coefficients)
    return gap(ell, sigma, which), sp.Add(*right)


def signed_curvature(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "second-order") -> sp.Expr:
    """∇²L[W_Q⊙S, W_Q⊙S] for symbolic signs S, from the DERIVED Hessian."""
    hessian = sp.diff(loss(ell, sigma, which), w[q, l], w[s, l2])
    return _twice(hessian)


def curvature_pair(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "second-order") -> Pair:
    """E_S ∇²L[W_Q⊙S, W_Q⊙S] is the trace of the Hessian's diagonal blocks: Σ_r w_Q,rᵀ (∇²L)_{rr} w_Q,r."""
    hessian = sp.diff(loss(ell, sigma, which), w[q, l], w[s, l2])
    blocks = hessian * v[q, l] * v[s, l2] * sp.KroneckerDelta(q, s)
    return average(_twice(hessian)), _over_entries(blocks)


def curvature_pair_enumerated(size: int, dimension: int, samples: int) -> Pair:
    """The same at concrete sizes: the mean over all 2^size sign vectors, and the diagonal blocks."""
    sizes = {"m": size, "d": dimension, "n": samples}
    every = average_exact(sp.expand(concretize(signed_curvature(), **sizes)), size)
    return every, concretize(curvature_pair()[1], **sizes)


def at_zero(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> dict[str, Pair]:
    """The loss of f_Q at W = 0: gradient 0, and Hessian m^{-1/2} a_q (1/n) Σ_p ℓ'_p σ''_pq x_p x_pᵀ δ_qs.

    In a paired network a_{q+m/2} = -a_q, and the block of a partner is the negative one: the spectrum is symmetric
    about 0. R_4 is of degree 8: its gradient and Hessian at W = 0 are 0 too.
    """
    term = taylor_term(sigma, 2, point=at_sample)
    whole = sp.Sum(ell(Y[p], term), (p, 1, n)) / n
    gradient = sp.diff(whole, w[q, l])
    hessian = sp.diff(gradient, w[s, l2])
    start = sp.Sum(w0[q, i] * X[p, i], (i, 1, d))
    slope = loss_derivative(ell, 1)(Y[p], sp.S.Zero) * derivative(sigma, 2)(start)
    block = a[q] * sp.Sum(slope * X[p, l] * X[p, l2], (p, 1, n)) * sp.KroneckerDelta(q, s) / (n * sp.sqrt(m))
    return {
        "gradient at W = 0": (_vanish(gradient), sp.S.Zero),
        "Hessian at W = 0": (_vanish(hessian), block),
        "gradient of R_4 at W = 0": (_vanish(regularizer.gradient(4)), sp.S.Zero),
        "Hessian of R_4 at W = 0": (_vanish(regularizer.hessian(4)), sp.S.Zero),
    }


def coupling(sigma: Scalar, array: regularizer.Array) -> sp.Expr:
    """X_p(W, A) = m^{-1/2} Σ_r a_r σ''(w0_r·x_p)(w_r·x_p)(A_r·x_p)."""
    bend = derivative(sigma, 2)(_product(lambda a_, b_: w0[a_, b_]))
    return sp.Sum(a[r] * bend * _product(movement) * _product(array), (r, 1, m)) / sp.sqrt(m)


def taylor_remainder(sigma: Scalar = SIGMA) -> sp.Expr:
    """What the full network adds at sample p: ρ + δ∇f·V + ½ δ∇²f[W_Q, W_Q], V = W_L - ½W - ½P_≤W.

    ρ = f - f_L - f_Q, and δ is the derivative of the full network less that of the second-order model. At
    |σ'''| ≤ M_3 each of the three is O(m^{-1/2} Σ_r |w_r·x|²|·|).
    """

    def along(array: regularizer.Array) -> sp.Expr:
        return array(r, i)

    start, step = _product(lambda a_, b_: w0[a_, b_]), _product(movement)
    first, second = derivative(sigma, 1), derivative(sigma, 2)
    slope = first(_preactivation()) - first(start) - second(start) * step
    bend = second(_preactivation()) - second(start)
    turned = sp.Sum((along(_entries(u)) - HALF * along(movement) - HALF * _low(r, i)) * X[p, i], (i, 1, d))
    inner = a[r] * (slope * turned + HALF * bend * _product(_entries(v)) ** 2)
    return model(sigma, "full") - model(sigma) + sp.Sum(inner, (r, 1, m)) / sp.sqrt(m)


def regularizer_terms(number: int) -> sp.Expr:
    """DERIVED ⟨∇R, V⟩ + ½ E_S ∇²R[W_Q⊙S, W_Q⊙S] with V = P_≤u - ½W - ½P_≤W, W_L = P_≤u."""
    slope, bend = regularizer.gradient(number), regularizer.hessian(number)
    low = _project(_entries(u))
    V = low(q, l) - HALF * w[q, l] - HALF * _low(q, l)
    return sp.Sum(slope * V, (q, 1, m), (l, 1, d)) + HALF * average(_twice(bend))


def stated_regularizer_terms(number: int) -> sp.Expr:
    """STATED form of `regularizer_terms`.

    R_1 and R_2: `E_S R(W_Q⊙S) - R(W)`; R_3: `E_S R_3(W_Q⊙S) - 2 R_3(W) + 2⟨P_≤W, W_L⟩`; R_4 with T = Σ‖w_r‖⁴:
    `-4 R_4(W) + 8T Σ_r ‖w_r‖² w_r·(W_L - ½P_≤W)_r + 4T Σ_r (‖w_r‖²‖w_Q,r‖² + 2(w_r·w_Q,r)²)
    + 16 Σ_r ‖w_r‖⁴(w_r·w_Q,r)²`.

    Raises:
        InputError: When number is not 1, 2, 3 or 4.
    """
    if number in (1, 2):
        return average(_moved(regularizer.term(number))) - regularizer.term(number)
    low = _project(_entries(u))
    if number == 3:
        inner = sp.Sum(_low(q, l) * low(q, l), (q, 1, m), (l, 1, d))
        return average(_moved(regularizer.term(3))) - 2 * regularizer.term(3) + 2 * inner
    if number == 4:
        square, other = _dot(q, movement, movement), _dot(q, _entries(v), _entries(v))
        mixed = _dot(q, movement, _entries(v))
        T = sp.Sum(_dot(s, movement, movement) ** 2, (s, 1, m))
        V = _dot(q, movement, lambda a_, b_: low(a_, b_) - HALF * _low(a_, b_))
        return (
            -4 * regularizer.term(4)
            + 8 * T * sp.Sum(square * V, (q, 1, m))
            + 4 * T * sp.Sum(square * other + 2 * mixed**2, (q, 1, m))
            + 16 * sp.Sum(square**2 * mixed**2, (q, 1, m))
        )
    raise InputError(given=f"regularizer term {number}", allowed="1, 2, 3 or 4", do="choose one of R_1 … R_4")


def regularizer_pair(number: int) -> Pair:
    """(derived, stated) contribution of R_number."""
    return regularizer_terms(number), stated_regularizer_terms(number)


def _entries(base: sp.IndexedBase) -> regularizer.Array:
    return lambda neuron, coordinate: base[neuron, coordinate]


def _project(array: regularizer.Array) -> regularizer.Array:
    """P_≤ A."""
    e, f = sp.symbols("e f", integer=True)
    return lambda a_, b_: sp.Sum(P_low[a_, b_, e, f] * array(e, f), (e, 1, m), (f, 1, d))


def _low(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    return _project(movement)(neuron, coordinate)


def _product(array: regularizer.Array) -> sp.Expr:
    """A_r·x_p."""
    return sp.Sum(array(r, i) * X[p, i], (i, 1, d))


def _preactivation() -> sp.Expr:
    return _product(lambda a_, b_: w0[a_, b_] + w[a_, b_])


def _dot(neuron: sp.Expr, one: regularizer.Array, other: regularizer.Array) -> sp.Expr:
    return sp.Sum(one(neuron, j) * other(neuron, j), (j, 1, d))


def _vanish(expression: sp.Expr) -> sp.Expr:
    """The expression at W = 0."""
    return expression.replace(
        lambda node: isinstance(node, sp.Indexed) and node.base == w, lambda node: sp.S.Zero
    )


def _slope_mean(values: sp.Expr, ell: Bivariate, sigma: Scalar, which: str) -> sp.Expr:
    """(1/n) Σ_p ℓ'_p values_p."""
    return sp.Sum(loss_derivative(ell, 1)(Y[p], model(sigma, which)) * values, (p, 1, n)) / n


def _energy(ell: Bivariate, sigma: Scalar, which: str) -> sp.Expr:
    """(1/n) Σ_p ℓ''_p Σ_r g_{r,p}², g_{r,p} = m^{-1/2} a_r slope_{r,p} (w_Q,r·x_p)."""
    start = _product(lambda a_, b_: w0[a_, b_])
    first = derivative(sigma, 1)
    if which == "full":
        slope = first(_preactivation())
    else:
        slope = first(start) + derivative(sigma, 2)(start) * _product(movement)
    own = sp.Sum((slope * _product(_entries(v))) ** 2, (r, 1, m)) / m
    return sp.Sum(loss_derivative(ell, 2)(Y[p], model(sigma, which)) * own, (p, 1, n)) / n


def _twice(hessian: sp.Expr) -> sp.Expr:
    """A Hessian with the free indices (q,l), (s,l') at (W_Q⊙S, W_Q⊙S)."""
    return _over_entries(hessian * S[q] * v[q, l] * S[s] * v[s, l2])


def _over_entries(body: sp.Expr) -> sp.Expr:
    return sp.Sum(body, (q, 1, m), (l, 1, d), (s, 1, m), (l2, 1, d))


def _moved(expression: sp.Expr) -> sp.Expr:
    """The expression at W_Q⊙S in place of W."""
    return expression.replace(
        lambda node: isinstance(node, sp.Indexed) and node.base == w,
        lambda node: S[node.indices[0]] * v[node.indices],
    )


RULES = SIGN_RULES

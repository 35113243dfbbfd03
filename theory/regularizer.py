r"""The four terms of the regularizer, their gradients and Hessians, for symbolic m, n and d.

Contract: features φ[p,r,i] (sample p, neuron r, coordinate i), the orthogonal projector P_≤ as a symmetric
idempotent array P_low[r,i,s,j], the feature covariance Sigma[r,i,s,j] (symmetric), W = w[r,i], all abstract;
P_> = I - P_≤, and the linear part of the network is f_L(x_p; W) = Σ_{r,i} φ[p,r,i] w[r,i].

| term | gradient | Hessian |
| --- | --- | --- |
| R_1 = (1/n) Σ_p f_L(x_p; P_> W)² | (2/n) P_> ΦᵀΦ P_> W | (2/n) P_> ΦᵀΦ P_> |
| R_2 = ⟨P_> W, Σ P_> W⟩ | 2 P_> Σ P_> W | 2 P_> Σ P_> |
| R_3 = ‖P_≤ W‖_F² | 2 P_≤ W | 2 P_≤ |
| R_4 = (Σ_r ‖w_r‖⁴)² | 8 S ‖w_r‖² w_r | 8 S (‖w_r‖² I + 2 w_r w_rᵀ) δ_{rs} + 32 ‖w_r‖²‖w_s‖² w_r w_sᵀ |

with S = Σ_r ‖w_r‖⁴. `gradient` and `hessian` are DERIVED by SymPy (derivatives in w[q,l] and w[s,l']);
`stated_gradient` and `stated_hessian` are the table. `theory.sums.equal` with `RULES` proves each pair.

Source: Nichani, Bai, Lee 2022; the explicit Hessians are this project's own.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.errors import InputError
from theory.expansion import Pair, d, i, j, k, l, l2, m, n, p, q, r, s, w
from theory.expansion import concretize as concretize
from theory.sums import Range, Rules

Array = Callable[[sp.Expr, sp.Expr], sp.Expr]

phi, P_low, Sigma = (sp.IndexedBase(name) for name in ("phi", "P_low", "Sigma"))
TERMS = (1, 2, 3, 4)

_NEURON: Range = (sp.S.One, m)
_COORDINATE: Range = (sp.S.One, d)
RULES = Rules(
    ranges={q: _NEURON, s: _NEURON, l: _COORDINATE, l2: _COORDINATE},
    symmetric=frozenset({P_low, Sigma}),
    idempotent={P_low: (_NEURON, _COORDINATE)},
)
# Dummies of the sums: pairwise distinct, and never the free indices q, l, s, l2.
_u, _v, _e, _f, _g, _h = sp.symbols("u v e f g h", integer=True)


def term(number: int) -> sp.Expr:
    """R_number, as a function of the movement w.

    Raises:
        InputError: when number is not 1, 2, 3 or 4.
    """
    if number == 1:
        return sp.Sum(_linear(_high(_movement)) ** 2, (p, 1, n)) / n
    if number == 2:
        high = _high(_movement)
        return _total(lambda neuron, c: high(neuron, c) * _apply(Sigma, high, _g, _h)(neuron, c))
    if number == 3:
        return _total(lambda neuron, c: _apply(P_low, _movement, _u, _v)(neuron, c) ** 2)
    if number == 4:
        return _quartic() ** 2
    raise InputError(given=f"regularizer term {number}", allowed="1, 2, 3 or 4", do="choose one of R_1 … R_4")


def gradient(number: int) -> sp.Expr:
    """DERIVED ∂R/∂w[q,l]."""
    return sp.diff(term(number), w[q, l])


def hessian(number: int) -> sp.Expr:
    """DERIVED ∂²R/∂w[q,l]∂w[s,l']."""
    return sp.diff(gradient(number), w[s, l2])


def stated_gradient(number: int) -> sp.Expr:
    """STATED entry [q,l] of the gradient, from the table of the module.

    Raises:
        InputError: when number is not 1, 2, 3 or 4.
    """
    if number == 1:
        value = _linear(_high(_movement))
        return 2 * _high(lambda neuron, c: sp.Sum(phi[p, neuron, c] * value, (p, 1, n)) / n, outer=True)(q, l)
    if number == 2:
        return 2 * _high(_apply(Sigma, _high(_movement), _g, _h), outer=True)(q, l)
    if number == 3:
        return 2 * _apply(P_low, _movement, _u, _v)(q, l)
    if number == 4:
        return 8 * _quartic() * _square(q) * w[q, l]
    raise InputError(given=f"regularizer term {number}", allowed="1, 2, 3 or 4", do="choose one of R_1 … R_4")


def stated_hessian(number: int) -> sp.Expr:
    """STATED entry [q,l; s,l'] of the Hessian, from the table of the module.

    Raises:
        InputError: when number is not 1, 2, 3 or 4.
    """
    same = sp.KroneckerDelta(q, s)
    if number == 1:
        # Row p of Φ P_> at an entry; P_> is symmetric.
        def row(neuron: sp.Expr, c: sp.Expr) -> sp.Expr:
            return _high(lambda a_, b_: phi[p, a_, b_])(neuron, c)

        return 2 * sp.Sum(row(q, l) * row(s, l2), (p, 1, n)) / n
    if number == 2:
        column = _high(lambda a_, b_: Sigma[_g, _h, a_, b_])(s, l2)  # (Σ P_>)[g,h; s,l']
        return 2 * _high(lambda a_, b_: column.subs({_g: a_, _h: b_}, simultaneous=True), outer=True)(q, l)
    if number == 3:
        return 2 * P_low[q, l, s, l2]
    if number == 4:
        block = _square(q) * sp.KroneckerDelta(l, l2) + 2 * w[q, l] * w[q, l2]
        return 8 * _quartic() * block * same + 32 * _square(q) * _square(s) * w[q, l] * w[s, l2]
    raise InputError(given=f"regularizer term {number}", allowed="1, 2, 3 or 4", do="choose one of R_1 … R_4")


def gradient_pair(number: int) -> Pair:
    """(derived, stated) gradient entry of R_number."""
    return gradient(number), stated_gradient(number)


def hessian_pair(number: int) -> Pair:
    """(derived, stated) Hessian entry of R_number."""
    return hessian(number), stated_hessian(number)


def _movement(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    return w[neuron, coordinate]


def _apply(matrix: sp.IndexedBase, array: Array, neuron: sp.Symbol, coordinate: sp.Symbol) -> Array:
    """(M A)[·,·] = Σ M[·,·,neuron,coordinate] A[neuron,coordinate]."""
    return lambda a_, b_: sp.Sum(
        matrix[a_, b_, neuron, coordinate] * array(neuron, coordinate), (neuron, 1, m), (coordinate, 1, d)
    )


def _high(array: Array, *, outer: bool = False) -> Array:
    """P_> A = A - P_≤ A; `outer` takes other dummies, for a P_> around another P_>."""
    low = _apply(P_low, array, *((_e, _f) if outer else (_u, _v)))
    return lambda a_, b_: array(a_, b_) - low(a_, b_)


def _linear(array: Array) -> sp.Expr:
    """f_L(x_p; A) = Σ φ[p,r,i] A[r,i]."""
    return sp.Sum(phi[p, r, i] * array(r, i), (r, 1, m), (i, 1, d))


def _total(array: Array) -> sp.Expr:
    return sp.Sum(array(r, i), (r, 1, m), (i, 1, d))


def _square(neuron: sp.Expr) -> sp.Expr:
    """‖w_neuron‖²."""
    return sp.Sum(w[neuron, j] ** 2, (j, 1, d))


def _quartic() -> sp.Expr:
    """Σ_k ‖w_k‖⁴."""
    return sp.Sum(_square(k) ** 2, (k, 1, m))

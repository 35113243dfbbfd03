"""Random signs: exact averages over 2^m vectors, and the same identities for symbolic m."""

from __future__ import annotations

import pytest
import sympy as sp

from theory import signs
from theory.errors import InputError
from theory.expansion import Pair, concretize, d, i, l, m, p, q, r, s, taylor_term, w, width_exponent
from theory.sums import Rules, equal


def proved(pair: Pair) -> bool:
    return equal(*pair, rules=signs.SIGN_RULES)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_exact_average_over_all_sign_vectors(size: int) -> None:
    identities = signs.exact_identities(size=size, dimension=2)
    assert set(identities) == {"linear", "quadratic", "cubic"}
    for left, right in identities.values():
        assert sp.expand(left - right) == 0


def test_exact_average_sees_planted_faults() -> None:
    identities = signs.exact_identities(size=3, dimension=2)
    left, right = identities["linear"]
    assert sp.expand(left - right / 2) != 0
    linear = signs.average_exact(concretize(signs.signed_term(order=1), m=2, d=2) ** 2, 2)
    assert linear != 0
    # f_L itself changes with the signs, so the 'quadratic' identity is not true of every term.
    moved = concretize(signs.signed_term(order=1) - taylor_term(order=1), m=2, d=2)
    assert sp.expand(signs.average_exact(moved**2, 2)) != 0


def test_linear_energy_for_every_width() -> None:
    left, right = signs.linear_energy()
    assert proved((left, right))
    assert not proved((left, right / 2))
    assert not proved((left, right * m))
    without_signs = Rules(ranges=signs.SIGN_RULES.ranges)  # a_r² = 1 is needed
    assert not equal(signs.average(signs.signed_term() ** 2, rules=Rules(signs=frozenset({signs.S}))), right,
                     rules=without_signs)  # fmt: skip


def test_quadratic_term_is_unchanged_and_cubic_averages_out() -> None:
    assert proved(signs.quadratic_unchanged())
    assert proved(signs.cubic_mean())
    left, right = signs.quadratic_unchanged()
    assert not proved((left, 2 * right))
    assert not proved((signs.signed_term(order=3), sp.S.Zero))  # zero only in the mean


def test_low_part_of_random_signs_is_a_trace_formula() -> None:
    left, right = signs.low_energy()
    assert proved((left, right))
    assert not proved((left, 2 * right))
    full = sp.Sum(w[r, i] * signs.P_low[r, i, s, p] * w[s, p], (r, 1, m), (s, 1, m), (i, 1, d), (p, 1, d))
    assert not proved((left, full))  # off-diagonal blocks do not survive


def test_low_energy_by_brute_force_with_a_real_projector() -> None:
    """m = 2, d = 2, P_≤ the projector on a rational plane: 4 sign vectors, exact rationals."""
    basis = sp.Matrix([[1, 0], [2, 1], [0, -1], [1, 3]])
    projector = basis * (basis.T * basis).inv() * basis.T
    movement = [[sp.Rational(1, 2), 3], [-2, sp.Rational(5, 7)]]
    mean = sp.S.Zero
    for sign in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        vector = sp.Matrix([sign[k // 2] * movement[k // 2][k % 2] for k in range(4)])
        mean += (projector * vector).dot(projector * vector) / 4
    stated = concretize(signs.low_energy()[1], m=2, d=2).subs(
        {w[k + 1, c + 1]: movement[k][c] for k in range(2) for c in range(2)}
        | {
            signs.P_low[a // 2 + 1, a % 2 + 1, b // 2 + 1, b % 2 + 1]: projector[a, b]
            for a in range(4)
            for b in range(4)
        }
    )
    assert mean == stated


def test_scale_of_random_signs() -> None:
    pair, prefactor = signs.linear_scale()
    assert proved(pair)
    assert width_exponent(prefactor) == -sp.Rational(1, 4)
    assert not proved((pair[0], pair[1] * sp.sqrt(m)))


def test_average_of_products_of_two_signs_is_a_delta() -> None:
    assert signs.average(signs.S[q] * signs.S[s]) == sp.KroneckerDelta(q, s)
    assert signs.average(signs.S[q] ** 2 * w[q, l]) == w[q, l]
    assert signs.average(signs.S[q] * w[q, l]) == 0
    with pytest.raises(InputError, match="two factors"):
        signs.average(signs.S[q] * signs.S[s] * signs.S[r] * signs.S[p])
    with pytest.raises(InputError, match="none in a function"):
        signs.average(sp.cos(signs.S[q]))


def test_exact_average_refuses_large_widths() -> None:
    with pytest.raises(InputError, match="13 signs"):
        signs.average_exact(signs.S[1], 13)

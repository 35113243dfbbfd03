import pytest
import sympy as sp

from theory import complexity
from theory.sums import equal

SUMS = ("completion", "maximiser", "spectral", "energy", "frobenius", "variance", "signed_sum")


@pytest.mark.parametrize("name", SUMS)
def test_sums_agree_for_every_size(name: str) -> None:
    left, right = getattr(complexity, name)()
    assert equal(left, right, rules=complexity.SAMPLE_RULES)
    assert not equal(left, 2 * right, rules=complexity.SAMPLE_RULES)


def test_duality_writes_the_defect_as_squares() -> None:
    left, right = complexity.duality()
    assert sp.cancel(left - right) == 0
    left, right = complexity.duality(power=4)
    assert sp.cancel(left - right) != 0


def test_quartic_maximiser_meets_constraint_and_value() -> None:
    for left, right in complexity.quartic_maximiser():
        assert equal(left, right)


def test_tail_integral() -> None:
    left, right = complexity.tail()
    assert sp.simplify(left - right) == 0
    left, right = complexity.tail(logarithm=2)
    assert sp.simplify(left - right) != 0

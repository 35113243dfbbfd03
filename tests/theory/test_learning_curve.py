"""The enclosed learning curve: its equation at both ends of κ, and the limit against finite dimensions."""

import pytest
import sympy
from flint import arb, fmpq

from theory.activation import builtin
from theory.arithmetic import working_precision
from theory.eigenvalues import spectrum
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension
from theory.learning_curve import estimate, limit, limit_samples

SINCOS = builtin("sincos")


@pytest.mark.parametrize("name", ["sincos", "tanh-shift"])
@pytest.mark.parametrize(("d", "n"), [(6, 20), (20, 400)])
def test_the_enclosure_holds_the_root(name: str, d: int, n: int) -> None:
    """At both ends of the ball for κ the equation has the right sign, with eigenvalues up to degree 20 here."""
    sigma = builtin(name)
    found = estimate(sigma, d, n, {2: 1}, ridge=fmpq(1, 1000))
    wide = spectrum(sigma, d, top=20)
    with working_precision(160):
        assert float(found.kappa.rel_accuracy_bits()) > 20

        def left(kappa: arb) -> arb:
            total = wide.trace / 1000 / kappa + (wide.rest / kappa).union(wide.rest / (kappa + wide.beyond))
            return total + sum(
                (harmonic_dimension(d, l) * v / (v + kappa) for l, v in enumerate(wide.eigenvalues)), arb(0)
            )

        width = found.kappa.rad() * 2 + arb("1e-15")
        assert left(found.kappa.lower() - width) > n
        assert left(found.kappa.upper() + width) < n
        squares = sum(
            (harmonic_dimension(d, l) * (v / (v + found.kappa)) ** 2 for l, v in enumerate(wide.eigenvalues)),
            arb(0),
        )
        assert found.inflation.overlaps(n / (n - squares))
        assert min(found.inflation.rel_accuracy_bits(), found.risk.rel_accuracy_bits()) > 20
        unlearned = found.kappa / (found.kappa + wide.eigenvalues[2])
        assert found.risk.overlaps(found.inflation * unlearned**2)


def test_the_limit_is_that_of_large_dimensions() -> None:
    """The certified estimate at d = 40, 80, 160 approaches the limit with a distance of order 1/d."""
    found = limit(1)
    s, size, tail = found.s, found.size, found.tail
    assert sympy.simplify(found.alpha - size / (2 * (size + s)) - tail / s) == 0
    stated = limit_samples(SINCOS, 1, fmpq(3, 10), ridge=fmpq(1, 1000))
    distances = []
    for d in (40, 80, 160):
        n = round(float(stated.mid()) * d * d)
        distances.append(float(estimate(SINCOS, d, n, {2: 1}, ridge=fmpq(1, 1000)).risk) - 0.3)
    assert 1.8 < distances[0] / distances[1] < 2.2 and 1.8 < distances[1] / distances[2] < 2.2
    assert abs(distances[2]) < 0.01


def test_bad_input() -> None:
    for call in (
        lambda: estimate(SINCOS, 6, 0, {1: 1}, ridge=fmpq(1)),
        lambda: estimate(SINCOS, 6, 5, {1: 1}, ridge=fmpq(0)),
        lambda: estimate(SINCOS, 6, 5, {30: 1}, ridge=fmpq(1)),
        lambda: limit(0),
        lambda: limit_samples(SINCOS, 1, fmpq(2), ridge=fmpq(1)),
    ):
        with pytest.raises(InputError):
            call()

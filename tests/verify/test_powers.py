"""Power laws: the right exponent holds, every rival is refuted, and too few replicates decide nothing."""

import numpy as np
import pytest

from theory.errors import InputError
from verify.bound import UPPER, compare
from verify.claim import ALPHA, Context
from verify.claims.powers import REASONS, curve, line, power_law, rates
from verify.quantity import confidence, exact
from verify.selftest.shift import shifted
from verify.statistics import POWER
from verify.verdict import Outcome

X = (64, 256, 1024)


def table(exponent: float, replicates: int, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(0)
    return 3.0 * np.array(X) ** exponent * np.exp(noise * rng.standard_normal((replicates, len(X))))


@pytest.mark.parametrize("band", [0.25, 0.125])
def test_right_exponent_holds_and_rivals_fail(band: float) -> None:
    values = table(-0.5, 60)
    for claimed, outcome in (
        ("-1/2", Outcome.HOLDS),
        ("0", Outcome.FAILS),
        ("-1", Outcome.FAILS),
        ("1/2", Outcome.FAILS),
    ):
        comparison = power_law("size", X, values, claimed, band=band, alpha=ALPHA, parameters={"d": 4})
        assert comparison.outcome is outcome
        assert comparison.resolution == band and comparison.reason == REASONS[band]
        assert comparison.parameters == {"d": 4, "x": list(X), "replicates": 60}
        assert comparison.measured.value == pytest.approx(-0.5, abs=0.03)


def test_too_few_replicates_are_undecided() -> None:
    assert power_law("size", X, table(-0.5, 3), "-1/2", band=0.25, alpha=ALPHA).outcome is Outcome.UNDECIDED


def test_smaller_alpha_widens_the_interval() -> None:
    wide, narrow = (
        power_law("size", X, table(-0.5, 20), "-1/2", band=0.25, alpha=a).measured for a in (ALPHA, 0.1)
    )
    assert wide.upper - wide.lower > 2 * (narrow.upper - narrow.lower)


def test_a_size_that_is_not_positive_is_refused() -> None:
    with pytest.raises(InputError, match="positive"):
        power_law("size", X, np.zeros((5, 3)), "0", band=0.25, alpha=ALPHA)


def test_curve_shows_geometric_means_and_quantiles() -> None:
    values = np.array([[1.0, 10.0, 100.0], [4.0, 40.0, 400.0]])
    drawn = curve("figure", "label", X, values, x_label="$m$", y_label="size")
    assert drawn.x == (64.0, 256.0, 1024.0) and drawn.log == "xy"
    assert drawn.y == pytest.approx((2.0, 20.0, 200.0))
    assert drawn.lower == pytest.approx((1.15, 11.5, 115.0))
    assert drawn.upper == pytest.approx((3.85, 38.5, 385.0))
    plain = line("figure", "label", X, [1, 2, 3], x_label="$m$", y_label="size")
    assert plain.lower == plain.upper == () and plain.y == (1.0, 2.0, 3.0)


def test_smallest_fault_is_the_distance_to_a_rival() -> None:
    law = power_law("size", X, table(-0.5, 20), "-1/2", band=0.25, alpha=ALPHA)
    context = Context(alpha=1e-3)
    assert rates(context, [law], 0.25) == {"alpha": 1e-3, "power": POWER, "smallest_fault": 0.5}
    assert shifted(law, 0.5).outcome is shifted(law, -0.5).outcome is Outcome.FAILS
    assert shifted(law, 0.1).outcome is Outcome.HOLDS


def test_smallest_fault_reaches_over_the_room_of_a_bound() -> None:
    """A bound far above the value hides every fault that stays below it."""
    bound = compare("size", UPPER, confidence(1.0, 0.1, level=1 - ALPHA), exact(3))
    fault = rates(Context(), [bound], 0.25)["smallest_fault"]
    assert fault == pytest.approx(2.2)
    assert shifted(bound, fault).outcome is Outcome.FAILS
    assert shifted(bound, 0.5).outcome is Outcome.HOLDS

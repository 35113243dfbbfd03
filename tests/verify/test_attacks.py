"""The attacks on claims: what is climbed is what the claim says, and the controls fall to ascent, not to draws."""

import torch
from pytest import approx, mark, raises

from training.sphere import generator
from verify.claim import Context
from verify.claims import SOURCES, attacks, attacks_model, attacks_objective
from verify.claims.attacks import BY_ASCENT, BY_DRAWS, Target, attack, attack_check
from verify.quantity import measured
from verify.registry import registry
from verify.verdict import Outcome

FAMILIES = (
    attacks_model.legendre,
    attacks_model.lipschitz,
    attacks_model.remainder,
    attacks_model.high_degree,
    attacks_model.signs_on_sample,
    attacks_objective.quartic_curvature,
    attacks_objective.descent,
    attacks_objective.fenchel_young,
    attacks_objective.weak_duality,
    attacks_objective.linear_lower,
    attacks_objective.quadratic_bounds,
)
names = mark.parametrize("family", FAMILIES, ids=lambda each: each.__name__)


@names
def test_what_is_climbed_is_the_ratio_of_the_sides(family):
    for target in family(7):
        source = generator(7, "points")
        for _ in range(3):
            point = target.draw(source)
            small, large = target.sides(point)
            ours = float(target.ratio(point).detach())
            # 1e-7: enclosed suprema are 1e-8 wide, and float64 loses digits where both sides are small.
            assert ours == approx(small.value / large.value, rel=1e-7), target.label


@names
def test_the_gradient_is_that_of_the_ratio(family):
    for target in family(3):
        source = generator(3, "points")
        point, direction = target.draw(source), target.draw(source)
        direction = direction / direction.norm()
        variable = point.clone().requires_grad_()
        (grad,) = torch.autograd.grad(target.ratio(variable), variable)
        step = 1e-6
        there, back = (float(target.ratio(point + s * direction).detach()) for s in (step, -step))
        slope = (there - back) / (2 * step)
        assert float((grad * direction).sum()) == approx(slope, rel=1e-4, abs=1e-6), target.label


CLAIMS = {claim.id: claim for claim in registry(SOURCES)}
CONTROLS = {name: claim for name, claim in CLAIMS.items() if name.startswith("control.attack-")}


@mark.parametrize("name", CONTROLS)
def test_a_control_falls_to_ascent_and_not_to_random_draws(name):
    (check,) = CONTROLS[name].checks
    found = check.run(Context(seed=1)).comparisons
    draws = [each for each in found if each.label.endswith(BY_DRAWS)]
    ascent = [each for each in found if each.label.endswith(BY_ASCENT)]
    assert draws and len(draws) == len(ascent)
    assert all(each.outcome is Outcome.HOLDS for each in draws)
    assert any(each.outcome is Outcome.FAILS for each in ascent)


def test_each_attack_has_a_claim_and_a_control():
    attacked = {
        name for name, claim in CLAIMS.items() if not claim.is_control
        for check in claim.checks if check.name == "attack"
    }  # fmt: skip
    assert attacked == {claim.control_of for claim in CONTROLS.values()} and len(attacked) == len(FAMILIES)


def toy(limit: float) -> attacks.Targets:
    """sin(x_1)…sin(x_4) against a limit: 1 at a corner that no draw comes near."""

    def ratio(point):
        return point.sin().prod()

    def sides(point):
        return measured(float(ratio(point))), measured(1.0)

    def draw(source):
        return torch.randn(4, generator=source, dtype=torch.float64)

    return lambda seed: (Target("product of sines", draw, lambda x: ratio(x) / limit, sides),)


def test_the_evidence_holds_both_inputs_and_the_way_up():
    found = attack_check(toy(1.0), scope="four angles").run(Context(seed=2))
    assert found.outcome is Outcome.HOLDS
    draws, ascent = found.comparisons
    assert draws.measured.value < 0.9 < ascent.measured.value
    assert found.parameters["largest_ratio"]["product of sines"] == approx(1, abs=1e-9)
    (curve,) = found.series
    assert curve.y[0] == draws.parameters["ratio"] or curve.y[0] < draws.parameters["ratio"]
    assert curve.y[-1] == approx(1, abs=1e-9) and len(curve.x) == ascent.parameters["steps"] + 1
    assert found.counts["draws"] == 100 and found.counts["restarts"] == 4
    assert found.to_json() == attack(Context(seed=2), targets=toy(1.0)).to_json()


def test_a_bound_that_is_a_little_too_small_is_refuted():
    found = attack(Context(seed=2), targets=toy(1.0), factor=0.999)
    assert [each.outcome for each in found.comparisons] == [Outcome.HOLDS, Outcome.FAILS]
    with raises(KeyError):
        attacks.attack_control(toy(1.0), factor=0.5, scope="", title="no id")

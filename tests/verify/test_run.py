"""Evidence, results and runs: outcomes, exit codes, and that plain data come back equal."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from theory.errors import InputError
from verify.bound import IDENTITY, UPPER, compare
from verify.claim import Check, Claim, Profile
from verify.environment import environment, fingerprint
from verify.evidence import Evidence, Series, from_comparisons, skipped
from verify.plain import digest, plain, without_times
from verify.quantity import exact, measured
from verify.registry import Registry
from verify.run import CheckResult, Run, checks_in, due, judge, own_verdict
from verify.verdict import Kind, Outcome, Verdict


def claim(name, *kinds, **more):
    checks = tuple(
        Check(kind, print, scope="", name=f"check-{i}", general=True) for i, kind in enumerate(kinds)
    )
    return Claim(id=name, title="", statement="", bound=UPPER, source="", checks=checks, **more)


def run_of(outcomes, *, complete=True, controls=()):
    """A run whose claims have one symbolic check each, with the given outcomes; None: it has no result."""
    claims = [claim("a.base", Kind.SYMBOLIC)]
    claims += [claim(f"a.c{i}", Kind.SYMBOLIC) for i in range(len(outcomes))]
    claims += [
        claim(f"a.x{i}", Kind.SYMBOLIC, control_of="a.base", fault="sign") for i in range(len(controls))
    ]
    registry = Registry({each.id: each for each in claims}, {each.id: "nowhere" for each in claims})
    found = {}
    for each, outcome in zip(claims, [Outcome.HOLDS, *outcomes, *controls], strict=True):
        if outcome is not None:
            evidence = Evidence(outcome, "")
            found[each.id, "check-0"] = CheckResult(each.id, "check-0", 1, evidence, 0.5)
    return Run(
        profile=Profile.QUICK,
        seed=0,
        environment={},
        started="2024-01-01T00:00:00+00:00",
        seconds=1.0,
        claims=judge(registry, tuple(claims), found, profile=Profile.QUICK),
        complete=complete,
    )


H, F, U, V, S, E = (
    Outcome.HOLDS,
    Outcome.FAILS,
    Outcome.UNDECIDED,
    Outcome.VACUOUS,
    Outcome.SKIPPED,
    Outcome.ERROR,
)


@pytest.mark.parametrize(
    ("outcomes", "controls", "complete", "code"),
    [
        ([H], [F], True, 0),
        ([S], [F], True, 0),
        ([F], [F], True, 1),
        ([F, E, U], [F], True, 1),
        ([H], [H], True, 1),
        ([H], [U], True, 1),
        ([H], [E], True, 1),
        ([H], [V], True, 1),
        ([U], [F], True, 3),
        ([E], [F], True, 3),
        ([V], [F], True, 3),
        ([H], [F], False, 3),
        ([None], [F], False, 3),
        ([H], [None], False, 3),
        ([F], [None], False, 1),
        ([H], [S], True, 0),
        ([H], [F, S], True, 0),
        ([H], [S, None], False, 3),
    ],
)
def test_the_exit_code(outcomes, controls, complete, code):
    assert run_of(outcomes, controls=controls, complete=complete).exit_code == code


def test_a_check_of_a_larger_profile_does_not_run_in_a_smaller_one():
    checks = tuple(
        Check(Kind.PROPERTY, print, scope="", name=profile.value, profile=profile) for profile in Profile
    )
    many = Claim(id="a.b", title="", statement="", bound=UPPER, source="", checks=checks)
    assert [len(checks_in(many, profile)) for profile in Profile] == [1, 2, 3]
    assert checks_in(many, Profile.QUICK)[0].profile is Profile.QUICK


def test_only_checks_of_the_chosen_kinds_count():
    both = claim("a.b", Kind.FORMAL, Kind.PROPERTY)
    property_only = claim("a.c", Kind.PROPERTY)
    assert due((both, property_only), Profile.QUICK, [Kind.FORMAL]) == (both,)
    assert [each.kind for each in checks_in(both, Profile.QUICK, [Kind.FORMAL])] == [Kind.FORMAL]
    registry = Registry({"a.b": both}, {"a.b": "nowhere"})
    found = {("a.b", "check-0"): CheckResult("a.b", "check-0", 1, Evidence(H, ""), 0.5)}
    (all_kinds,) = judge(registry, (both,), found, profile=Profile.QUICK)
    (formal,) = judge(registry, (both,), found, profile=Profile.QUICK, kinds=[Kind.FORMAL])
    assert (all_kinds.own, formal.own) == (Verdict.SKIPPED, Verdict.PROVED)


def test_evidence_is_as_good_as_its_worst_comparison():
    good = compare("good", UPPER, exact(1), exact(4))
    tight = compare("tight", UPPER, exact(3), exact(4))
    bad = compare("bad", UPPER, exact(5), exact(4))
    assert from_comparisons([good, tight]).outcome is Outcome.HOLDS
    assert from_comparisons([good, tight]).worst is tight
    assert from_comparisons([good, tight]).margin == 0.25
    assert from_comparisons([good, bad, tight]).outcome is Outcome.FAILS
    assert from_comparisons([good, bad, tight]).worst is bad
    assert from_comparisons([]).outcome is Outcome.VACUOUS
    assert from_comparisons([]).margin is None
    assert skipped("no Coq").outcome is Outcome.SKIPPED


def test_a_nan_is_the_worst_comparison_though_its_margin_has_no_order():
    broken = compare("broken", UPPER, measured(math.nan), exact(4))
    good = compare("good", UPPER, exact(1), exact(4))
    for order in ([broken, good], [good, broken]):
        assert from_comparisons(order).worst is broken
        assert from_comparisons(order).outcome is Outcome.ERROR


def test_a_result_survives_json_with_every_field_set():
    evidence = from_comparisons(
        [
            compare("a", IDENTITY, measured(math.nan), exact("1/3"), parameters={"d": 3}),
            compare("b", UPPER, exact(1), measured(math.inf), resolution=0.5, reason="r"),
        ],
        derivation=("a = b",),
        counts={"examples": 3},
        parameters={"m": [2, 4], "name": "erf"},
        error_rates={"alpha": 1e-6},
        series=(
            Series(
                "f", "l", (1.0, math.inf), (math.nan, 2.0), (0.0, -math.inf), (1.0, 3.0), "$x$", "$y$", "xy"
            ),
            Series("f", "bars", ("NTK", "full"), (1.0, 2.0)),
        ),
    )
    result = CheckResult("a.b", "c", 2**63 - 1, evidence, 0.25, "trace")
    text = json.dumps(result.to_json(), allow_nan=False)
    back = CheckResult.from_json(json.loads(text))
    assert back.to_json() == result.to_json()
    assert math.isnan(back.evidence.series[0].y[0])
    assert back.evidence.series[1] == evidence.series[1]


def test_a_run_survives_json():
    run = run_of([H, F, U, V, S, E, None], controls=[F, H], complete=False)
    back = Run.from_json(json.loads(json.dumps(run.to_json(), allow_nan=False)))
    assert back == run
    assert back.to_json() == run.to_json()


def test_the_digest_covers_everything_but_the_times():
    run = run_of([H])
    data = run.to_json()
    later = Run(**{**vars(run), "started": "2025-01-01T00:00:00+00:00", "seconds": 9.0})
    assert later.to_json()["digest"] == data["digest"]
    other = Run(**{**vars(run), "seed": 1})
    assert other.to_json()["digest"] != data["digest"]
    assert run_of([F]).to_json()["digest"] != data["digest"]


def test_without_times_strips_at_any_depth_and_nothing_else():
    data = {"started": 1, "a": [{"seconds": 2, "b": {"started": 3, "c": 4}}], "seconds_left": 5}
    assert without_times(data) == {"a": [{"b": {"c": 4}}], "seconds_left": 5}
    assert digest(data) == digest({**data, "started": 7})
    assert digest(data) != digest({**data, "seconds_left": 6})


def test_plain_converts_what_has_one_plain_form():
    given = {
        "n": np.int64(3),
        "x": np.float64(0.5),
        "y": np.float32(0.5),
        "b": np.bool_(True),
        "kind": Kind.FORMAL,
        "t": (1, [None, "é"]),
        "nan": math.nan,
        "inf": -np.inf,
        "lone": "\ud800",
    }
    found = plain(given)
    assert found == {
        "n": 3,
        "x": 0.5,
        "y": 0.5,
        "b": True,
        "kind": "formal",
        "t": [1, [None, "é"]],
        "nan": "nan",
        "inf": "-inf",
        "lone": "?",
    }
    assert type(found["b"]) is bool
    assert type(found["kind"]) is str
    assert plain(found) == found


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (np.zeros(2), r"evidence\['W'\] of type numpy.ndarray"),
        ([1, {2: 3}], r"evidence\['W'\]\[1\] of type builtins.dict"),
        (1j, "complex"),
        (Path("x"), "Path"),
        ({1, 2}, "set"),
        (b"x", "bytes"),
        pytest.param(10**5000, "int", id="huge"),
    ],
)
def test_plain_refuses_the_rest_and_says_where_it_stands(value, place):
    with pytest.raises(InputError, match=place):
        plain({"W": value}, place="evidence")


def test_plain_refuses_endless_nesting():
    endless: list = []
    endless.append(endless)
    with pytest.raises(InputError, match="nested deeper"):
        plain(endless)


def test_the_environment_is_plain_and_equal_each_time():
    found = environment()
    assert found == environment() == plain(found)
    assert {"ntk-escape", "python", "sympy", "torch", "python-flint", "cpu"} <= set(found)
    assert found["numpy"] == np.__version__


def test_the_fingerprint_follows_the_text_of_the_claims_and_of_the_suite(tmp_path, monkeypatch):
    file = tmp_path / "claims.py"
    file.write_text("CLAIMS = ()\n")
    first = fingerprint([str(file)])
    assert first == fingerprint([str(file)])
    assert first != fingerprint([])
    file.write_text("CLAIMS = ()  # edited\n")
    assert first != fingerprint([str(file)])
    file.write_text("CLAIMS = ()\n")
    assert first == fingerprint([str(file)])
    monkeypatch.setattr("verify.environment.environment", lambda: {"numpy": "another"})
    assert first != fingerprint([str(file)])
    with pytest.raises(InputError, match="cannot be read"):
        fingerprint([str(tmp_path / "absent.py")])


@pytest.mark.parametrize("package", ["theory", "training", "verify"])
def test_the_fingerprint_covers_the_code_of_each_package(package, tmp_path, monkeypatch):
    module = tmp_path / "deep" / "module.py"
    module.parent.mkdir()
    module.write_text("x = 1\n")
    monkeypatch.setattr(
        "verify.environment._locations", lambda name: [str(tmp_path)] if name == package else []
    )
    first = fingerprint()
    module.write_text("x = 2\n")
    second = fingerprint()
    (tmp_path / "deep" / "proof.v").write_text("Qed.\n")
    third = fingerprint()
    (tmp_path / "deep" / "notes.txt").write_text("irrelevant\n")
    assert len({first, second, third}) == 3
    assert fingerprint() == third


def test_how_a_result_is_shown_does_not_decide_it(tmp_path, monkeypatch):
    (tmp_path / "page.py").write_text("x = 1\n")
    monkeypatch.setattr(
        "verify.environment._locations", lambda name: [str(tmp_path)] if name == "report" else []
    )
    first = fingerprint()
    (tmp_path / "page.py").write_text("x = 2\n")
    assert fingerprint() == first


def test_all_packages_are_found():
    from verify.environment import PACKAGES, _locations

    assert all(_locations(package) for package in PACKAGES)


def test_a_claim_whose_checks_did_not_all_run_is_not_established():
    planned = [("proof", Kind.SYMBOLIC, True), ("torch", Kind.PROPERTY, False)]
    assert own_verdict(planned, {"proof": Outcome.HOLDS, "torch": Outcome.HOLDS}) is Verdict.PROVED
    assert own_verdict(planned, {"torch": Outcome.HOLDS}) is Verdict.SKIPPED
    assert own_verdict(planned, {"torch": Outcome.FAILS}) is Verdict.REFUTED
    assert own_verdict(planned, {"proof": Outcome.SKIPPED, "torch": Outcome.HOLDS}) is Verdict.SUPPORTED

"""A small run with every field of the result format filled, and a text of one's choice in every free string."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from verify.bound import LOWER, UPPER, compare, rate
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Evidence, Listing, Series, from_comparisons
from verify.plain import digest
from verify.quantity import confidence, exact, measured
from verify.registry import Registry
from verify.run import CheckResult, Run, judge
from verify.verdict import Kind, Outcome


def hostile_run(text: str = "") -> Run:
    """A run of three claims and a control over made-up results, with the text in every free string.

    Its claims have a derivation and a listing, a statistical check with curves, a crashed check with a traceback
    and a bar chart.
    """
    claims = _claims(text)
    registry = Registry({each.id: each for each in claims}, {each.id: text or "example" for each in claims})
    results = {
        key: CheckResult(
            *key, seed=17, evidence=evidence, seconds=0.25, traceback=text if "crash" in key else ""
        )
        for key, evidence in _evidence(text).items()
    }
    return Run(
        profile=Profile.QUICK,
        seed=0,
        environment={
            **{name: text or "1.0" for name in ("ntk-escape", "python", "platform", "machine", "cpu")},
            "cpu_features": [text or "avx"],
            "fingerprint": "0" * 64,
        },
        started=f"2025-01-01T00:00:00Z{text}",
        seconds=41.5,
        claims=judge(registry, claims, results, profile=Profile.QUICK),
    )


def named(name: str) -> Claim:
    """A claim of that name.

    Raises:
        InputError: If no claim may be called so.
    """
    return Claim(name, "A title", "f", UPPER, "a paper", (_check(Kind.PROPERTY, "check", ""),))


def signed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a run, or of a self-test, with the digest that fits them, as a forger would give it."""
    rest = {key: value for key, value in data.items() if key != "digest"}
    return {**rest, "digest": digest(rest)}


def _never(context: Context) -> Evidence:
    raise AssertionError("a made-up check is never run")


def _check(kind: Kind, name: str, text: str, *, general: bool = False) -> Check:
    return Check(kind, _never, scope=f"all of it {text}", general=general, name=name)


def _claims(text: str) -> tuple[Claim, ...]:
    def claim(name: str, *checks: Check, **fields: Any) -> Claim:
        known: dict[str, Any] = {"bound": UPPER, **fields}
        return Claim(
            name, f"A title {text}", rf"f \le g {text}", checks=checks, source=f"paper {text}", **known
        )

    return (
        claim(
            "hostile.derived",
            _check(Kind.SYMBOLIC, "derive", text, general=True),
            assumptions=(f"$x$ is any point {text}",),
        ),
        claim(
            "hostile.measured",
            _check(Kind.STATISTICAL, "slope", text),
            bound=rate("-1/4"),
            depends_on=("hostile.derived",),
        ),
        claim(
            "hostile.crashed",
            _check(Kind.EXPERIMENT, "crash", text),
            _check(Kind.EXPERIMENT, "bars", text),
            bound=LOWER,
        ),
        claim(
            "hostile.halved",
            _check(Kind.ENCLOSURE, "counterexample", text),
            control_of="hostile.derived",
            fault=f"half of it {text}",
        ),
    )


def _evidence(text: str) -> dict[tuple[str, str], Evidence]:
    curve = Series(
        f"Width {text}",
        f"$f_Q$ {text}",
        (64, 256, 1024),
        (1.0, 1.1, 1.0),
        (0.9, 1.0, 0.9),
        (1.1, 1.2, 1.1),
        f"$m$ {text}",
        f"size {text}",
        "xy",
    )
    bars = Series(f"Bars {text}", f"risk {text}", (f"NTK {text}", f"network {text}"), (0.45, 0.17))
    return {
        ("hostile.derived", "derive"): Evidence(
            Outcome.HOLDS,
            f"two forms agree {text}",
            derivation=(f"f = g {text}",),
            listings=(Listing(f"Statement {text}", f"forall n, n < S n {text}"),),
        ),
        ("hostile.measured", "slope"): from_comparisons(
            [
                compare(
                    f"slope {text}",
                    rate("0"),
                    confidence(0.001, 0.02, level=0.9999),
                    exact(0),
                    resolution=0.05,
                    reason=f"finite width {text}",
                    parameters={"m": 64, f"note {text}": [text, {f"key {text}": text}]},
                )
            ],
            counts={"examples": 40},
            error_rates={"alpha": 1e-6, "power": 0.99, "smallest_fault": 0.1},
            series=(curve, dataclasses.replace(curve, label=f"$f$ {text}", y=(0.3, 0.2, 0.1))),
        ),
        ("hostile.crashed", "crash"): Evidence(Outcome.ERROR, f"ZeroDivisionError: {text}"),
        ("hostile.crashed", "bars"): from_comparisons(
            [compare(f"risk {text}", LOWER, measured(2.6), exact("8/5"))],
            parameters={"k": 1, f"set {text}": text},
            series=(bars,),
        ),
        ("hostile.halved", "counterexample"): from_comparisons(
            [compare(f"value {text}", UPPER, exact("1/5"), exact("1/10"), parameters={"m": 4})]
        ),
    }

"""A made-up run with every verdict, every kind of number, figures and a control, for the tests of reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flint import arb

from verify.bound import IDENTITY, LOWER, UPPER, Bound, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Evidence, Listing, Series, from_comparisons
from verify.quantity import ball, confidence, exact, measured
from verify.registry import Registry
from verify.run import CheckResult, Run, judge
from verify.verdict import Kind, Outcome

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;$\\text{<b>}$"


def _check(kind: Kind, name: str, *, scope: str = "m in 2…8", general: bool = False) -> Check:
    def never(context: Context) -> Evidence:
        raise AssertionError("a report must not compute")

    return Check(kind, never, scope=scope, general=general, name=name)


def claim(
    name: str,
    *checks: Check,
    title: str = "A title",
    statement: str = r"\lvert f-f_L-f_Q\rvert \le \frac{M_3}{6\sqrt m}\sum_{r=1}^{m} |w_r\cdot x|^3",
    bound: Bound = UPPER,
    **fields: object,
) -> Claim:
    return Claim(
        id=name,
        title=title,
        statement=statement,
        bound=bound,
        source="Nichani, Bai, Lee 2022",
        checks=checks,
        **fields,  # type: ignore[arg-type]  # the tests' own shorthand
    )


def _comparisons(count: int, *, text: str = "") -> list[Comparison]:
    return [
        compare(
            f"$|f-f_L-f_Q|$ {text}",
            UPPER,
            measured(0.01 * k),
            measured(1.0),
            resolution=1e-12,
            reason=f"rounding of {m} sums {text}",
            parameters={"m": 2 * k + 2, "d": 3, "note": text},
        )
        for k in range(count)
        for m in (8,)
    ]


def example_run(text: str = "") -> Run:
    """A run over made-up results; `text` is put into every free string."""
    claims = [
        claim(
            "taylor.remainder",
            _check(Kind.SYMBOLIC, "derive", general=True, scope=f"every $m$, $d$ {text}"),
            _check(Kind.PROPERTY, "torch"),
            title=f"The remainder is cubic in $w$ {text}",
            assumptions=(
                rf"$\sigma$ is thrice differentiable with $M_3 < \infty$ {text}",
                "$x$ is any point",
            ),
        ),
        claim(
            "taylor.scale",
            _check(Kind.STATISTICAL, "slope"),
            title="The quadratic part keeps its size",
            statement=r"f_Q(x;W) = \Theta(1), \quad \|w_r\| = B m^{-1/4}",
            bound=rate("-1/4"),
            depends_on=("taylor.remainder",),
        ),
        claim("sphere.moments", _check(Kind.ENCLOSURE, "arb", general=True), bound=IDENTITY),
        claim("sphere.vacuous", _check(Kind.PROPERTY, "none"), bound=IDENTITY),
        claim("sphere.coarse", _check(Kind.ENCLOSURE, "wide")),
        claim("sphere.crash", _check(Kind.EXPERIMENT, "crash")),
        claim("sphere.absent", _check(Kind.FORMAL, "coq")),
        claim("sphere.wrong", _check(Kind.ENCLOSURE, "counterexample"), title=f"A false claim {text}"),
        claim(
            "train.separation",
            _check(Kind.EXPERIMENT, "train"),
            title="Only the regularized network learns both parts",
            bound=LOWER,
            depends_on=("taylor.scale", "sphere.wrong"),
        ),
        claim(
            "taylor.remainder-halved",
            _check(Kind.ENCLOSURE, "counterexample"),
            title="The remainder with half the constant",
            control_of="taylor.remainder",
            fault=f"$M_3/12$ in place of $M_3/6$ {text}",
        ),
    ]
    error = confidence(0.126, 0.02, level=0.999)
    found: dict[tuple[str, str], Evidence] = {
        ("taylor.remainder", "derive"): Evidence(
            Outcome.HOLDS,
            f"two forms agree exactly {text}",
            derivation=(
                r"f^{(1)} = \frac{1}{\sqrt m}\sum_r a_r \sigma'(w_{0,r}\cdot x)\, w_r\cdot x",
                "f^{(2)} = 0",
            ),
        ),
        ("taylor.remainder", "torch"): from_comparisons(_comparisons(40, text=text), counts={"examples": 40}),
        ("taylor.scale", "slope"): from_comparisons(
            [
                compare(
                    "slope of $f_Q$",
                    rate("0"),
                    confidence(0.001, 0.02, level=0.9999),
                    exact(0),
                    resolution=0.05,
                    reason="finite width at m = 64",
                )
            ],
            error_rates={"alpha": 1e-6, "power": 0.99},
            series=(
                Series(
                    f"Width scaling {text}",
                    f"$f_Q$ {text}",
                    (64, 256, 1024),
                    (1.0, 1.1, 1.0),
                    (0.9, 1.0, 0.9),
                    (1.1, 1.2, 1.1),
                    "$m$",
                    "size",
                    "xy",
                ),
                Series(
                    f"Width scaling {text}", "$f - f_L - f_Q$", (64, 256, 1024), (0.3, 0.21, 0.15), log="xy"
                ),
            ),
        ),
        ("sphere.moments", "arb"): from_comparisons(
            [
                compare(
                    "$E z^4$",
                    IDENTITY,
                    ball(arb("2.4", "1e-20")),
                    exact("12/5"),
                    resolution=1e-12,
                    reason="radius",
                )
            ]
        ),
        ("sphere.vacuous", "none"): from_comparisons([]),
        ("sphere.coarse", "wide"): from_comparisons([compare("wide", UPPER, ball(arb(1, 1)), exact(1))]),
        ("sphere.crash", "crash"): Evidence(Outcome.ERROR, f"ZeroDivisionError: division by zero {text}"),
        ("sphere.absent", "coq"): Evidence(
            Outcome.SKIPPED,
            "Coq is not installed; install it to run this check",
            listings=(Listing(f"Statement in Coq {text}", f"forall n : nat,\n  n < S n {text}"),),
        ),
        ("sphere.wrong", "counterexample"): from_comparisons(
            [
                compare(
                    "value",
                    UPPER,
                    ball(arb("1.5", "1e-10")),
                    exact(1),
                    parameters={"z": 0.5, "W": [[1, 2], [3, 4]]},
                )
            ]
        ),
        ("train.separation", "train"): from_comparisons(
            [compare("risk of the NTK over the network's", LOWER, measured(0.45 / 0.168), exact("8/5"))],
            parameters={"k": 1, "d": 40, "n": 800, "m": 800},
            series=(
                Series(
                    "Separation",
                    "test error",
                    ("NTK", "QuadNTK", "network"),
                    (0.45, 0.46, error.value),
                    (0.40, 0.41, error.lower),
                    (0.50, 0.52, error.upper),
                    "",
                    "test error / null risk",
                ),
                Series(
                    "Learning curve",
                    "objective",
                    tuple(range(1, 401)),
                    tuple(2 / s for s in range(1, 401)),
                    x_label="step",
                    y_label=r"$L_\lambda$",
                    log="y",
                ),
                Series(
                    "Learning curve",
                    "test error",
                    tuple(range(1, 401)),
                    tuple(2 / s**0.5 for s in range(1, 401)),
                    log="y",
                ),
            ),
        ),
        ("taylor.remainder-halved", "counterexample"): from_comparisons(
            [compare("remainder", UPPER, ball(arb("0.2", "1e-10")), exact("1/10"), parameters={"m": 4})]
        ),
    }
    registry = Registry({each.id: each for each in claims}, {each.id: "example" for each in claims})
    results = {
        key: CheckResult(
            *key, seed=17, evidence=evidence, seconds=0.25, traceback=text if "crash" in key else ""
        )
        for key, evidence in found.items()
    }
    return Run(
        profile=Profile.QUICK,
        seed=0,
        environment={
            "ntk-escape": "0.1.0",
            "python": "3.11.7",
            "cpu": text or "some CPU",
            "cpu_features": ["avx"],
        },
        started="2025-01-01T00:00:00Z",
        seconds=41.5,
        claims=judge(registry, tuple(claims), results, profile=Profile.QUICK),
    )


@pytest.fixture(scope="session")
def run() -> Run:
    """The example run."""
    return example_run()


@pytest.fixture(scope="session")
def make_run() -> Callable[[str], Run]:
    """The example run with a text put into every free string."""
    return example_run

"""The parts of the self-test of this suite, in their full size and in the fast one of continuous integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from verify.claim import Profile
from verify.registry import Registry
from verify.selftest import catalogue, mutation, score
from verify.selftest.calibration import calibrate
from verify.selftest.determinism import determinism
from verify.selftest.drills import faults
from verify.selftest.hostile import hostile
from verify.selftest.record import Limits
from verify.selftest.section import Section
from verify.selftest.touch import Plan

# Named faults of the fast size, and claims that catch them in a minute of CPU; the full one takes all.
FAST_FAULTS = (
    "theory.bound-inner-shift",
    "theory.bound-partner-sign",
    "theory.complexity-completion",
    "theory.equal-overlap",
    "theory.identity-coupling",
    "theory.risk-cross-twice",
    "theory.risk-energy-pairs",
    "training.bessel-derivative",
    "training.conjugate-entropy",
    "training.covariance-transposed",
    "training.dense-energy-squared",
    "training.dual-quartic-weight",
    "training.fold-adds",
)
FAST_FAULT_CLAIMS = (
    "certificate.gradient",
    "certificate.weak-duality",
    "directions.covariance",
    "engine.comparisons",
    "generalization.linear-supremum",
    "landscape.identity-full",
    "risk.certified",
    "training.data",
)
FAST_CLAIMS = ("taylor.linear-term", "sphere.recurrence", "sphere.addition", "control.scale-signed")
FAST_RATES = ("scales.signed-linear",)
FAST_REPETITIONS = 3

# Sizes of the full self-test, which has to end within half an hour on two cores.
GENERIC_FAULTS = 160
MUTATION_MINUTES = 17.0
CALIBRATION_MINUTES = 5.0
FUZZING_SECONDS = 40.0


def parts(
    claims: Registry, *, fast: bool, seed: int, jobs: int, folder: Path
) -> Mapping[str, Callable[[], Section]]:
    """Each part by its ID, in the order of the report.

    Args:
        claims: All claims.
        fast: The small size.
        seed: Seed of everything random.
        jobs: Processes at a time.
        folder: Where a part may keep what the next self-test can use.
    """

    def mutated() -> Section:
        small = Plan(patterns=FAST_FAULT_CLAIMS, quick_limit=5.0, standard_limit=0.0, seed=seed)
        found = mutation.mutate(
            claims,
            catalogue.select(FAST_FAULTS if fast else ()),
            generic=0 if fast else GENERIC_FAULTS,
            seed=seed,
            jobs=jobs,
            minutes=float("inf") if fast else MUTATION_MINUTES,
            plan=small if fast else Plan(seed=seed),
            limits=Limits(named=0.0, unchanged_end=3.0, long_end=0.0) if fast else Limits(),
            keep=folder,
        )
        return score.section(found)

    def calibrated() -> Section:
        return calibrate(
            claims,
            claims.select(FAST_RATES if fast else ()),
            profile=Profile.QUICK if fast else Profile.STANDARD,
            seed=seed,
            jobs=jobs,
            repetitions=FAST_REPETITIONS if fast else None,
            minutes=None if fast else CALIBRATION_MINUTES,
        )

    return {
        "mutation": mutated,
        "rates": calibrated,
        "faults": lambda: faults(fast, seed),
        "hostile": lambda: hostile(fast=fast, seed=seed, seconds=4.0 if fast else FUZZING_SECONDS),
        "determinism": lambda: determinism(claims, FAST_CLAIMS if fast else (), seed=seed),
    }

"""The bound on the train-test gap, term by term."""

import math

import pytest
import torch

from training.activation import activation
from training.complexity import LinearClass, QuadraticClass
from training.moments import moment_directions
from training.network import initialise
from training.sphere import generator, sample_sphere
from verify.claims.generalization_gap import gap_bound


def test_bound_is_the_sum_of_its_terms() -> None:
    network = initialise(6, 3, activation("sincos"), seed=1)
    X = sample_sphere(5, 3, radius=3**0.5, generator=generator(1, "data"))
    linear, quadratic = LinearClass(moment_directions(network, 1), X), QuadraticClass(network, X)
    found = gap_bound(2.0, parts=((3.0, linear), (5.0, quadratic)), n=800, delta=0.1, rest=0.25)
    complexity = 3 * linear.upper() + 5 * quadratic.upper()
    stated = 4 * complexity + 3 * math.sqrt(math.log(20) / 1600) + 0.5
    assert math.isclose(found, stated, rel_tol=1e-14)


def test_a_radius_beyond_the_grid_leaves_no_bound() -> None:
    network = initialise(4, 3, activation("sincos"), seed=1)
    found = QuadraticClass(network, torch.ones(2, 3, dtype=torch.float64))
    bound = gap_bound(1.0, parts=((math.inf, found),), n=10, delta=0.1)
    assert bound == pytest.approx(math.inf)

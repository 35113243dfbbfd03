"""Small claims about one module of the theory room; the tests of the self-test by mutation plant faults in it."""

import sys

import hypothesis  # as claims do: pytest would rather load it itself
from flint import arb

from theory import comparisons
from verify.bound import IDENTITY, compare
from verify.claim import Check, Claim
from verify.evidence import from_comparisons
from verify.quantity import exact
from verify.verdict import Kind

LOADED = comparisons.less(arb(1), arb(2))


def order(context):
    right = comparisons.less_equal(arb(1), arb(1)) is True and comparisons.less_equal(arb(2), arb(1)) is False
    return from_comparisons([compare("order", IDENTITY, exact(int(right)), exact(1))])


def reversed_order(context):
    wrong = comparisons.less_equal(arb(2), arb(1)) is True
    return from_comparisons([compare("order", IDENTITY, exact(int(wrong)), exact(1))])


def loaded(context):
    return from_comparisons([compare("order", IDENTITY, exact(int(LOADED is True)), exact(1))])


assert hypothesis.__version__


def chatter(context):
    sys.stdout.write("x" * 1_000_000)
    print("{" * 1_000, file=sys.__stderr__, flush=True)
    sys.stdin.read()
    return order(context)


def claim(name, run, **more):
    return Claim(
        id=name,
        title="Order",
        statement="1 < 2",
        bound=IDENTITY,
        source="school",
        checks=(Check(Kind.ENCLOSURE, run, scope="two numbers"),),
        **more,
    )


CLAIMS = (
    claim("planted.order", order),
    claim("planted.loaded", loaded),
    claim("planted.chatter", chatter),
    claim("control.order", reversed_order, control_of="planted.order", fault="reversed"),
)

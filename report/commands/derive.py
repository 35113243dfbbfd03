"""``ntk-escape derive``: the derivations for one activation, to read or to paste."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from report.commands import activations

if TYPE_CHECKING:
    from theory.activation import Activation, Admissibility
    from theory.render import Derivation


@click.command("derive", short_help="Print the derivations for an activation.")
@activations.option
@click.option(
    "--k",
    type=click.IntRange(max=1000),
    default=1,
    show_default=True,
    help="Degree for which to assess the activation.",
)
@click.option(
    "--d",
    type=click.IntRange(max=10**9),
    default=40,
    show_default=True,
    help="Dimension for which to assess it.",
)
@click.option(
    "--limit",
    "limit",
    type=click.IntRange(1, 86_400),
    default=activations.LIMIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Give up after that time; some formulas would take for ever.",
)
@click.option("--format", "shape", type=click.Choice(["text", "latex"]), default="text", show_default=True)
def command(activation: str, k: int, d: int, limit: int, shape: str) -> int:
    """Print what follows for one activation: derivatives and their bounds, Taylor terms, gradients, Hessians.

    Exit code 1 if the activation is proven not to meet the assumptions or a derivation is not proved, 3 if
    the assumptions are undecided.
    """
    from theory.render import derivations

    with activations.limited(activation, limit, remedy="simplify the formula, or raise --limit"):
        sigma, found = activations.assess(activation, k=k, d=d)
        derived = derivations(sigma)
        parts = _latex(sigma, found, derived) if shape == "latex" else _text(sigma, found, derived)
        text = "\n\n".join(parts)
    click.echo(text)
    if found.admissible is False or not all(each.proved for each in derived):
        return 1
    return 0 if found.admissible else 3


def _text(sigma: Activation, found: Admissibility, derived: list[Derivation]) -> Iterator[str]:
    bounds = [
        f"  M_{j} = sup |sigma{chr(39) * j}| = {_ball(value)}"
        for j, value in enumerate(found.suprema, start=1)
    ]
    yield "\n".join([f"sigma(z) = {sigma.expr}", *bounds, f"  {activations.verdict(found)}"])
    for each in derived:
        yield each.text()


def _latex(sigma: Activation, found: Admissibility, derived: list[Derivation]) -> Iterator[str]:
    import sympy

    bounds = [
        rf"\[ M_{j} = \sup \lvert\sigma{chr(39) * j}\rvert = \text{{{_ball(value)}}} \]"
        for j, value in enumerate(found.suprema, start=1)
    ]
    comment = f"% {activations.verdict(found)}"
    yield "\n".join([comment, rf"\[ \sigma(z) = {sympy.latex(sigma.expr)} \]", *bounds])
    for each in derived:
        yield each.latex()


def _ball(value: object) -> str:
    """A rigorous enclosure as midpoint and radius."""
    return "no bound could be proven" if value is None else str(value)

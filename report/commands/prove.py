"""``ntk-escape prove``: generated proofs for one activation, checked by Coq's kernel."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import activations, files

if TYPE_CHECKING:
    from theory.activation import Activation
    from verify.claims.generated_tries import Proof


class _Formula(click.Command):
    """A command whose argument may begin with a minus sign, as in "-tanh(z)"."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put formulas after ``--``; an option of one letter stays one, but for -z."""
        formulas = [each for each in args if re.match(r"-z$|-[^-].", each)]
        if formulas and "--" not in args:
            args = [*(each for each in args if each not in formulas), "--", *formulas]
        return super().parse_args(ctx, args)


@click.command("prove", cls=_Formula, short_help="Prove derivatives and bounds of an activation in Coq.")
@click.argument("activation", metavar="NAME|EXPR")
@click.option(
    "--out",
    "out",
    type=click.Path(dir_okay=False),
    metavar="FILE.v",
    help="Write the proved goals to a Coq file, if there are any.",
)
@click.option(
    "--limit",
    "limit",
    type=click.IntRange(1, 86_400),
    default=240,
    show_default=True,
    metavar="SECONDS",
    help="For all of it: what is not proved by then is reported so.",
)
def command(activation: str, out: str | None, limit: int) -> int:
    """Generate and check proofs for an activation: its first three derivatives, and a bound on each.

    ACTIVATION is a built-in name or a formula in z such as "tanh(z + 1/2)". Every statement holds for all real z.
    It takes some 10 to 60 seconds, and --limit at most, after the first time, which also compiles the library.
    Exit code 3 if some statement is not proved (it may still be true) or Coq is not installed.
    """
    from report.commands.failures import say
    from verify.claims.generated import CoqMissing, prove_activation

    began = time.monotonic()
    with activations.limited(activation, limit, remedy="simplify the formula, or raise --limit"):
        sigma = activations.usable(activation)
    budget = limit - (time.monotonic() - began)
    if out is not None:
        files.write(Path(out), "")  # an output that cannot be written should fail now
    try:
        proofs = prove_activation(sigma, budget=budget, progress=say)
    except CoqMissing as reason:
        say(f"no proof can be checked: {reason}")
        return 3
    click.echo("\n\n".join([_shown(sigma), *("\n".join(_lines(each)) for each in proofs)]))
    proved = sum(each.proved for each in proofs)
    axioms = sorted({axiom.split(".")[-1] for each in proofs for axiom in each.axioms})
    resting = f", from the axioms {', '.join(axioms)}" if axioms else ""
    click.echo(f"\n{proved} of {len(proofs)} proved{resting}")
    if out is not None and proved:
        _write(Path(out), sigma, proofs)
    elif out is not None:
        say(f"{out} is not written, since nothing is proved")
    return 0 if proved == len(proofs) else 3


def _shown(sigma: Activation) -> str:
    """The formula as it was given, and what became of it."""
    from theory.activation import BUILTIN

    given, simplified = " ".join(sigma.name.split()), str(sigma.expr)
    if sigma.name in BUILTIN or given.replace(" ", "") == simplified.replace(" ", ""):
        return f"sigma(z) = {simplified}"
    return f"sigma(z) = {given}\n  as simplified: {simplified}"


def _lines(proof: Proof) -> Iterator[str]:
    yield f"{'proved' if proof.proved else 'NOT PROVED'}: {proof.words}"
    if proof.statement:
        yield textwrap.fill(proof.statement, 100, initial_indent="  ", subsequent_indent="    ")
    if proof.proved and proof.note:
        yield f"  {proof.note}"
    if not proof.proved:
        yield textwrap.fill(f"why: {proof.reason}", 100, initial_indent="  ", subsequent_indent="    ")


def _write(path: Path, sigma: Activation, proofs: Sequence[Proof]) -> None:
    from theory.coq.goals import document
    from theory.coq.printer import coq

    goals = [each.goal for each in proofs if each.proved and each.goal is not None]
    files.write(path, document(goals, sigma=coq(sigma.expr, sigma.variable)))

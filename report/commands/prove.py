"""``ntk-escape prove``: generated proofs for one activation, checked by Coq's kernel."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import activations, files

if TYPE_CHECKING:
    from verify.claims.generated import Proof


@click.command("prove", short_help="Prove derivatives and bounds of an activation in Coq.")
@click.argument("activation", metavar="NAME|EXPR")
@click.option(
    "--out",
    "out",
    type=click.Path(dir_okay=False),
    metavar="FILE.v",
    help="Write the proved goals to a Coq file.",
)
def command(activation: str, out: str | None) -> int:
    """Generate and check proofs for an activation: its first three derivatives, and a bound on each.

    ACTIVATION is a built-in name or a formula in z such as "tanh(z + 1/2)". Every statement holds for all real z.
    Exit code 3 if some statement is not proved (it may still be true) or Coq is not installed.
    """
    from report.commands.failures import say
    from verify.claims.generated import CoqMissing, prove_activation

    sigma = activations.usable(activation)
    if out is not None:
        files.write(Path(out), "")  # an output that cannot be written should fail now
    try:
        proofs = prove_activation(sigma)
    except CoqMissing as reason:
        say(f"no proof can be checked: {reason}")
        return 3
    click.echo("\n\n".join(["sigma(z) = " + str(sigma.expr), *("\n".join(_lines(each)) for each in proofs)]))
    if out is not None:
        _write(Path(out), proofs)
    proved = sum(each.proved for each in proofs)
    axioms = sorted({axiom.split(".")[-1] for each in proofs for axiom in each.axioms})
    resting = f", from the axioms {', '.join(axioms)}" if axioms else ""
    click.echo(f"\n{proved} of {len(proofs)} proved{resting}")
    return 0 if proved == len(proofs) else 3


def _lines(proof: Proof) -> Iterator[str]:
    yield f"{'proved' if proof.proved else 'NOT PROVED'}: {proof.words}"
    if proof.statement:
        yield textwrap.fill(proof.statement, 100, initial_indent="  ", subsequent_indent="    ")
    if proof.proved and proof.note:
        yield f"  {proof.note}"
    if not proof.proved:
        yield textwrap.fill(f"why: {proof.reason}", 100, initial_indent="  ", subsequent_indent="    ")


def _write(path: Path, proofs: Sequence[Proof]) -> None:
    from theory.coq.goals import document

    files.write(path, document([each.goal for each in proofs if each.proved and each.goal is not None]))

"""Generic faults that change nothing, each with the argument why; they are taken out of the score.

Nothing means: no statement, no verdict and no number beyond the accuracy that is promised for it. An effort that
may be spent in any amount (terms of an enclosed series, width of a search) counts where every amount is valid.

An entry names the line as it stands and as the fault makes it, so it survives edits elsewhere and says nothing
about any other fault; one whose line is gone is stale and has to go too. The arguments are tried like everything
else: a fault listed here that some check notices refutes its argument, and the self-test says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from theory.errors import InputError
from verify.selftest.generic import Fault
from verify.selftest.planting import source_of


@dataclass(frozen=True)
class Equivalent:
    """A fault that changes nothing.

    Attributes:
        file: The file.
        old: The line without its indentation.
        new: What the fault makes of it; several for one argument.
        argument: Why no result differs.
    """

    file: str
    old: str
    new: tuple[str, ...]
    argument: str

    def covers(self, fault: Fault) -> bool:
        """Whether it is about this fault; spaces do not count."""
        same_place = fault.file == self.file and _tight(fault.old) == _tight(self.old)
        return same_place and _tight(fault.new) in {_tight(each) for each in self.new}

    @property
    def stale(self) -> bool:
        """Whether its line is not in the file any more."""
        try:
            text = source_of(self.file).read_text(encoding="utf-8")
        except OSError:
            return True
        return _tight(self.old) not in _tight(text)


def argument_for(fault: Fault, known: Iterable[Equivalent]) -> str:
    """Why the fault changes nothing; empty if nobody argued so."""
    return next((each.argument for each in known if each.covers(fault)), "")


def checked(known: Iterable[Equivalent]) -> tuple[Equivalent, ...]:
    """The entries, none of which is about a line that is gone.

    Raises:
        InputError: If one is.
    """
    entries = tuple(known)
    stale = [f"{each.file}: {each.old}" for each in entries if each.stale]
    if stale:
        raise InputError(
            given=f"equivalent faults of lines that are gone: {'; '.join(stale)}",
            allowed="lines that are in their files",
            do="remove these entries from verify/selftest/equivalent.py",
        )
    return entries


def _tight(text: str) -> str:
    return "".join(text.split())


EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        "training/series.py",
        "total = torch.zeros_like(a[0])",
        ("total = torch.zeros_like(a[1])",),
        "only its shape and dtype are used, which all coefficients of a series share, and it has two or more",
    ),
    Equivalent(
        "training/dual.py",
        "if self.loss.lipschitz == 1:",
        ("if self.loss.lipschitz <= 1:",),
        "the constant is 1 for log cosh and infinite for the square, so that no loss has one below 1",
    ),
    Equivalent(
        "theory/suprema.py",
        "return ArbField(PRECISION).number(0) + compile_arb(length, [], prec=PRECISION)()",
        ("return ArbField(PRECISION).number(1) + compile_arb(length, [], prec=PRECISION)()",),
        "the search then covers [0, period + 1]: an interval longer than a period shows every value just as well",
    ),
    Equivalent(
        "theory/learning_curve.py",
        "_TOP = 12",
        ("_TOP = 13",),
        "the number of eigenvalues that are computed one by one; the rest is enclosed, so that any number is valid",
    ),
    Equivalent(
        "theory/tails.py",
        "degree = max(int(sympy.floor(t.power)), 1) if not t.exponent else 1",
        ("degree = max(int(sympy.floor(t.power)), 1) if not t.exponent else 2",),
        "an exponential outgrows every power, and what the degree needs is checked next, so any one is valid",
    ),
    Equivalent(
        "theory/certified_risk.py",
        "for row, sign, moved in zip(w0, a, w, strict=True):",
        ("for row, sign, moved in zip(w0, a, w, strict=False):",),
        "lists of unequal lengths were refused before, so there is nothing left for strict to notice",
    ),
    Equivalent(
        "training/workers.py",
        "reader, writer = context.Pipe(duplex=False)",
        ("reader, writer = context.Pipe(duplex=True)",),
        "nothing is ever sent either way: one end is only waited on, and the other only closed",
    ),
    Equivalent(
        "theory/suprema.py",
        "STARTS = (8, 16, 32, 64, 128, 512, 2048, 2**14, 2**17)",
        ("STARTS = (8, 16, 32, 64, 128, 512, 2049, 2**14, 2**17)",),
        "where the tails begin is free: each start gives a valid bound, and the first that is good enough is taken",
    ),
)

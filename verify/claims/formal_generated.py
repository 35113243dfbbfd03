r"""Claims whose proofs are generated from the activation: its derivatives, and bounds on them, checked by Coq.

The same generator serves ``ntk-escape prove`` for an activation of the user; one such stands among the built-in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from theory.activation import BUILTIN, Activation, builtin
from theory.coq.bounds import bound_goal, candidates
from theory.coq.derivatives import derivative_goal
from theory.coq.goals import Goal
from verify.bound import IDENTITY, UPPER, Bound
from verify.claim import Check, Claim, Context, Profile
from verify.claims.generated import CoqMissing, prove, settle
from verify.claims.generated_tries import ORDERS, Proof, Tries, bound_tries, derivative_tries
from verify.evidence import Evidence, Listing
from verify.verdict import Kind, Outcome

USER = "tanh(z+1/2)"
SCOPE = f"j = 1, 2, 3 for {', '.join(BUILTIN)}, and for {USER} as a user's; all real z"
STARS = ("tanh-shift", "erf-shift", "softplus-shift")


def derivatives(context: Context) -> Evidence:
    """Each derivative that SymPy gives is one."""
    return _all_proved(derivative_tries)


def bounds(context: Context) -> Evidence:
    """Each derivative has a proved bound close to its supremum; that it is one is proved beside it."""
    found = derivatives(context)
    return _all_proved(bound_tries) if found.outcome is Outcome.HOLDS else found


def next_derivative(context: Context) -> Evidence:
    """The derivative of one order more, stated in the place of the right one."""
    return _none_proved(
        derivative_goal(f"{_plain(name)}_next", s.derivative(0), s.derivative(2), s.variable)
        for name, s in _named(STARS)
    )


def dropped_factor(context: Context) -> Evidence:
    """Half of the second derivative."""
    return _none_proved(
        derivative_goal(f"{_plain(name)}_half", s.derivative(1), s.derivative(2) / 2, s.variable, order=2)
        for name, s in _named(STARS)
    )


def low_bounds(context: Context) -> Evidence:
    """Bounds of 99 % of the suprema."""
    return _none_proved(_low(name, s) for name, s in _named(STARS))


def _low(name: str, sigma: Activation) -> Goal:
    """The script for a bound that holds, under the statement of one that does not."""
    above = next(iter(candidates(sigma.suprema(2)))).bound
    true = bound_goal(f"{_plain(name)}_low", sigma.derivative(2), above, sigma.variable, order=2)
    below = f"<= {above.p * 99} / {above.q * 100}"
    return replace(true, statement=f"{true.statement.rpartition('<=')[0]}{below}")


def _named(names: Sequence[str]) -> Iterator[tuple[str, Activation]]:
    for name in names:
        yield name, builtin(name)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _all_proved(tries: Callable[..., Tries]) -> Evidence:
    sigmas = [*_named([*BUILTIN]), ("user", Activation.parse(USER))]
    starts = [tries(s, order, prefix=f"{_plain(name)}_") for name, s in sigmas for order in ORDERS]
    try:
        proofs = settle(starts)
    except CoqMissing as reason:
        return Evidence(Outcome.SKIPPED, str(reason))
    shown = tuple(
        Listing(f"{each.name}: {'proved' if each.proved else 'not proved'}", _listed(each)) for each in proofs
    )
    left = [each for each in proofs if not each.proved]
    counts = {"theorems": len(proofs) - len(left), "not proved": len(left)}
    if left:
        summary = f"not proved: {', '.join(each.name for each in left)}; {left[0].reason}"
        return Evidence(Outcome.UNDECIDED, summary, counts=counts, listings=shown)
    axioms = sorted({axiom.split(".")[-1] for each in proofs for axiom in each.axioms})
    summary = f"Coq's kernel accepts all {len(proofs)} generated proofs; axioms: {', '.join(axioms)}"
    return Evidence(Outcome.HOLDS, summary, counts=counts, listings=shown)


def _listed(proof: Proof) -> str:
    return "\n".join(part for part in (proof.statement, proof.note, proof.reason) if part)


def _none_proved(goals: Iterator[Goal]) -> Evidence:
    """FAILS, as a control must, if Coq rejects every one of the false statements."""
    try:
        proofs = prove(list(goals))
    except CoqMissing as reason:
        return Evidence(Outcome.SKIPPED, str(reason))
    shown = tuple(Listing(f"False statement {each.name}", _listed(each)) for each in proofs)
    wrong = [each.name for each in proofs if each.proved]
    if wrong:
        return Evidence(Outcome.HOLDS, f"proved although false: {', '.join(wrong)}", listings=shown)
    if not all(each.rejected for each in proofs):
        return Evidence(Outcome.UNDECIDED, "Coq came to no end on one of them", listings=shown)
    return Evidence(Outcome.FAILS, f"Coq rejects all {len(proofs)} generated proofs", listings=shown)


def _claim(id: str, title: str, statement: str, bound: Bound, run: Callable[[Context], Evidence]) -> Claim:
    check = Check(Kind.FORMAL, run, SCOPE, general=True, profile=Profile.STANDARD)
    return Claim(id=id, title=title, statement=statement, bound=bound, source="this project", checks=(check,))


def _control(
    id: str, of: str, title: str, statement: str, fault: str, run: Callable[[Context], Evidence]
) -> Claim:
    check = Check(
        Kind.FORMAL,
        run,
        f"the proofs generated for {', '.join(STARS)}",
        general=True,
        profile=Profile.STANDARD,
    )
    return Claim(
        id=id,
        title=title,
        statement=statement,
        bound=UPPER if "bound" in of else IDENTITY,
        source="this project",
        checks=(check,),
        control_of=of,
        fault=fault,
    )


DERIVATIVES = "activation.generated-derivatives"
BOUNDS = "activation.generated-bounds"
CLAIMS = (
    _claim(
        DERIVATIVES,
        "The derivatives that SymPy gives, proved from generated scripts",
        r"\frac{d}{dz}\sigma^{(j-1)}(z) = \sigma^{(j)}(z)\ \text{for all real } z,\ j = 1, 2, 3",
        IDENTITY,
        derivatives,
    ),
    _claim(
        BOUNDS,
        "Bounds on the first three derivatives, proved from generated scripts",
        r"\lvert\sigma^{(j)}(z)\rvert \le M_j\ \text{for all real } z,\ j = 1, 2, 3,\ M_j \text{ as listed}",
        UPPER,
        bounds,
    ),
    _control(
        "control.generated-next-derivative",
        DERIVATIVES,
        "The second derivative stated as the first",
        r"\frac{d}{dz}\sigma(z) = \sigma''(z)",
        "one order too many",
        next_derivative,
    ),
    _control(
        "control.generated-dropped-factor",
        DERIVATIVES,
        "Half of the second derivative",
        r"\frac{d}{dz}\sigma'(z) = \tfrac12\sigma''(z)",
        "a factor dropped",
        dropped_factor,
    ),
    _control(
        "control.generated-low-bounds",
        BOUNDS,
        "A bound below the supremum",
        r"\lvert\sigma''(z)\rvert \le 0.991\,\sup\lvert\sigma''\rvert",
        "a bound of 99 % of what is proved",
        low_bounds,
    ),
)

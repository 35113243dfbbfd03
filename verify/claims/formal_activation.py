"""Coq proofs on the activations: their derivatives, and the suprema M_j over the real line, exactly.

The j-th derivative is the one that Coq's analysis library defines; a supremum is the least upper bound, so that a
theorem with any other number in its place is false.
"""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_model import lipschitz
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "lipschitz": """\
forall (f : R -> R) (M x y : R), (forall z, ex_derive f z) ->
  (forall z, Rabs (Derive f z) <= M) -> Rabs (f x - f y) <= M * Rabs (x - y)
""",
    "sincos_derivatives": """\
forall (j : nat) (z : R),
  is_derive_n (fun z => sin z + cos z) j z (sin (z + INR j * (PI / 2)) + cos (z + INR j * (PI / 2)))
""",
    "sincos_suprema": """\
forall j : nat,
  (forall z, ex_derive_n (fun z => sin z + cos z) j z) /\\
  is_sup_abs (Derive_n (fun z => sin z + cos z) j) (sqrt 2)
""",
    "tanh_derivatives": """\
forall z : R,
  is_derive_n (fun z => tanh (z + 1 / 2)) 1 z (1 - tanh (z + 1 / 2) ^ 2) /\\
  is_derive_n (fun z => tanh (z + 1 / 2)) 2 z (-2 * tanh (z + 1 / 2) * (1 - tanh (z + 1 / 2) ^ 2)) /\\
  is_derive_n (fun z => tanh (z + 1 / 2)) 3 z ((6 * tanh (z + 1 / 2) ^ 2 - 2) * (1 - tanh (z + 1 / 2) ^ 2))
""",
    "tanh_M1": """\
is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 1) 1
""",
    "tanh_M2": """\
is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 2) (4 / (3 * sqrt 3))
""",
    "tanh_M3": """\
is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 3) 2
""",
    "erf_derivatives": """\
forall z : R,
  is_derive_n (fun z => erf (z + 1 / 2)) 1 z (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)) /\\
  is_derive_n (fun z => erf (z + 1 / 2)) 2 z (-2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))) /\\
  is_derive_n (fun z => erf (z + 1 / 2)) 3 z
    ((4 * (z + 1 / 2) ^ 2 - 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)))
""",
    "erf_M1": """\
is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 1) (2 / sqrt PI)
""",
    "erf_M2": """\
is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 2) (2 / sqrt PI * sqrt 2 * exp (- (1 / 2)))
""",
    "erf_M3": """\
is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 3) (4 / sqrt PI)
""",
    "softplus_derivatives": """\
forall z : R,
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 1 z (1 - / (1 + exp (z + 1 / 2))) /\\
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 2 z
    (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2)))) /\\
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 3 z
    (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2))) * (2 * / (1 + exp (z + 1 / 2)) - 1))
""",
    "softplus_M1": """\
is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 1) 1
""",
    "softplus_M2": """\
is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 2) (1 / 4)
""",
    "softplus_M3": """\
is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 3) (1 / (6 * sqrt 3))
""",
}
PROOFS = Proofs("Activation", LAYER, STATEMENTS)

SOURCE = "school; the numbers are this project's"
SUPREMUM = "the least upper bound over the real line, of the derivative that Coq defines"
BY_T = r"\quad t = \tanh\!\left(z + \tfrac12\right)"
BY_G = r"\quad u = z + \tfrac12,\ g = \tfrac{2}{\sqrt\pi}\,e^{-u^2}"
BY_Q = r"\quad q = \frac{1}{1 + e^{z + 1/2}}"
TANH = r"\sigma = \tanh\!\left(z + \tfrac12\right)"
ERF = r"\sigma = \mathrm{erf}\!\left(z + \tfrac12\right)"
SOFTPLUS = r"\sigma = \log\!\left(1 + e^{z + 1/2}\right)"


def _sup(*values: str) -> str:
    """The suprema of |σ'|, |σ''|, … in LaTeX."""
    return r", \quad ".join(
        rf"\sup_{{z\in\mathbb{{R}}}} |\sigma{mark}(z)| = {value}"
        for mark, value in zip(("'", "''", "'''"), values, strict=False)
    )


def _supremum_control(
    name: str, *, old: str, new: str, order: int, value: str, sigma: str, fault: str
) -> Claim:
    """The control of one supremum: another number in its place."""
    family, marks = name.split("_")[0], "'" * order
    return PROOFS.control(
        name,
        old=old,
        new=new,
        id=f"control.formal-{name.lower().replace('_', '-')}",
        control_of=f"activation.suprema-{family}",
        title=f"M_{order} of the shifted {family} with another number",
        statement=rf"\sup_{{z\in\mathbb{{R}}}} |\sigma{marks}(z)| = {value}, \quad {sigma}",
        fault=fault,
    )


CLAIMS = (
    Claim(
        id="activation.lipschitz",
        title="A bound on the derivative is a Lipschitz constant",
        statement=r"|f(x) - f(y)| \le M\,|x - y|",
        bound=UPPER,
        source="school",
        assumptions=(r"$f$ differentiable, $|f'| \le M$ on the real line",),
        checks=(
            PROOFS.check("lipschitz", scope="every differentiable f, every x, y"),
            attack_check(lipschitz, scope="f the shifted tanh and erf, M its enclosed supremum, x and y"),
        ),
    ),
    Claim(
        id="activation.derivatives-sincos",
        title="Every derivative of sin + cos",
        statement=r"\sigma^{(j)}(z) = \sin\!\left(z + \tfrac{j\pi}{2}\right) + "
        r"\cos\!\left(z + \tfrac{j\pi}{2}\right), \quad \sigma = \sin z + \cos z",
        bound=IDENTITY,
        source="school",
        checks=(PROOFS.check("sincos_derivatives", scope="every order j, every z"),),
    ),
    Claim(
        id="activation.suprema-sincos",
        title="Suprema of sin + cos",
        statement=r"\sup_{z\in\mathbb{R}} |\sigma^{(j)}(z)| = \sqrt2 \quad (j = 0, 1, 2, \dots), "
        r"\quad \sigma = \sin z + \cos z",
        bound=IDENTITY,
        source=SOURCE,
        depends_on=("activation.derivatives-sincos",),
        checks=(PROOFS.check("sincos_suprema", scope=f"every order j; {SUPREMUM}"),),
    ),
    Claim(
        id="activation.derivatives-tanh",
        title="Derivatives of the shifted tanh",
        statement=r"\sigma' = 1 - t^2, \quad \sigma'' = -2t(1 - t^2), \quad \sigma''' = (6t^2 - 2)(1 - t^2), "
        rf"{BY_T}, \quad {TANH}",
        bound=IDENTITY,
        source="school",
        checks=(PROOFS.check("tanh_derivatives", scope="orders 1, 2, 3, every z"),),
    ),
    Claim(
        id="activation.derivatives-erf",
        title="Derivatives of the shifted erf",
        statement=rf"\sigma' = g, \quad \sigma'' = -2ug, \quad \sigma''' = (4u^2 - 2)\,g, {BY_G}, \quad {ERF}",
        bound=IDENTITY,
        source="school",
        checks=(PROOFS.check("erf_derivatives", scope="orders 1, 2, 3, every z"),),
    ),
    Claim(
        id="activation.derivatives-softplus",
        title="Derivatives of the shifted softplus",
        statement=r"\sigma' = 1 - q, \quad \sigma'' = q(1 - q), \quad \sigma''' = q(1 - q)(2q - 1), "
        rf"{BY_Q}, \quad {SOFTPLUS}",
        bound=IDENTITY,
        source="school",
        checks=(PROOFS.check("softplus_derivatives", scope="orders 1, 2, 3, every z"),),
    ),
    Claim(
        id="activation.suprema-tanh",
        title="Suprema of the shifted tanh",
        statement=_sup("1", r"\frac{4}{3\sqrt3}", "2") + r", \quad " + TANH,
        bound=IDENTITY,
        source=SOURCE,
        depends_on=("activation.derivatives-tanh",),
        checks=tuple(PROOFS.check(f"tanh_M{order}", scope=f"M_{order}: {SUPREMUM}") for order in (1, 2, 3)),
    ),
    Claim(
        id="activation.suprema-erf",
        title="Suprema of the shifted erf",
        statement=_sup(r"\frac{2}{\sqrt\pi}", r"\frac{2}{\sqrt\pi}\sqrt2\,e^{-1/2}", r"\frac{4}{\sqrt\pi}")
        + r", \quad "
        + ERF,
        bound=IDENTITY,
        source=SOURCE,
        depends_on=("activation.derivatives-erf",),
        checks=tuple(PROOFS.check(f"erf_M{order}", scope=f"M_{order}: {SUPREMUM}") for order in (1, 2, 3)),
    ),
    Claim(
        id="activation.suprema-softplus",
        title="Suprema of the shifted softplus",
        statement=_sup("1", r"\tfrac14", r"\frac{1}{6\sqrt3}") + r", \quad " + SOFTPLUS,
        bound=IDENTITY,
        source=SOURCE,
        depends_on=("activation.derivatives-softplus",),
        checks=tuple(
            PROOFS.check(f"softplus_M{order}", scope=f"M_{order}: {SUPREMUM}") for order in (1, 2, 3)
        ),
    ),
    PROOFS.control(
        "lipschitz",
        old="<= M * Rabs",
        new="<= M / 2 * Rabs",
        id="control.formal-lipschitz",
        control_of="activation.lipschitz",
        title="Half the bound on the derivative",
        statement=r"|f(x) - f(y)| \le \tfrac{M}{2}\,|x - y|",
        fault="M/2 for M",
        bound=UPPER,
    ),
    attack_control(
        lipschitz,
        factor=0.999,
        scope="f the shifted tanh and erf",
        id="control.attack-lipschitz",
        control_of="activation.lipschitz",
        title="A Lipschitz constant a thousandth too small",
        statement=r"|f(x) - f(y)| \le \tfrac{999}{1000}\,M\,|x - y|",
        fault="999/1000 M for M: only points close together, near the steepest one, tell",
    ),
    PROOFS.control(
        "sincos_derivatives",
        old="(PI / 2)) + cos",
        new="(PI / 2)) - cos",
        id="control.formal-sincos-derivatives",
        control_of="activation.derivatives-sincos",
        title="Derivatives of sin + cos with a wrong sign",
        statement=r"\sigma^{(j)}(z) = \sin\!\left(z + \tfrac{j\pi}{2}\right) - "
        r"\cos\!\left(z + \tfrac{j\pi}{2}\right)",
        fault="sign of the cosine",
    ),
    PROOFS.control(
        "sincos_suprema",
        old="(sqrt 2)",
        new="1",
        id="control.formal-sincos-suprema",
        control_of="activation.suprema-sincos",
        title="Suprema of sin + cos with 1 for √2",
        statement=r"\sup_{z\in\mathbb{R}} |\sigma^{(j)}(z)| = 1",
        fault="1 for √2",
    ),
    PROOFS.control(
        "tanh_derivatives",
        old="6 * tanh",
        new="7 * tanh",
        id="control.formal-tanh-derivatives",
        control_of="activation.derivatives-tanh",
        title="Third derivative of the shifted tanh with 7 for 6",
        statement=rf"\sigma''' = (7t^2 - 2)(1 - t^2), {BY_T}",
        fault="7 for 6",
    ),
    PROOFS.control(
        "erf_derivatives",
        old="4 * (z",
        new="2 * (z",
        id="control.formal-erf-derivatives",
        control_of="activation.derivatives-erf",
        title="Third derivative of the shifted erf with 2 for 4",
        statement=rf"\sigma''' = (2u^2 - 2)g, {BY_G}",
        fault="2 for 4",
    ),
    PROOFS.control(
        "softplus_derivatives",
        old="(2 * /",
        new="(3 * /",
        id="control.formal-softplus-derivatives",
        control_of="activation.derivatives-softplus",
        title="Third derivative of the shifted softplus with 3 for 2",
        statement=rf"\sigma''' = q(1 - q)(3q - 1), {BY_Q}",
        fault="3 for 2",
    ),
    *(
        _supremum_control(name, old=old, new=new, order=order, value=value, sigma=sigma, fault=fault)
        for name, old, new, order, value, sigma, fault in (
            ("tanh_M1", "1) 1", "1) 2", 1, "2", TANH, "an upper bound that is not the least"),
            ("tanh_M2", "4 / (3", "2 / (3", 2, r"\frac{2}{3\sqrt3}", TANH, "2 for 4"),
            ("tanh_M3", "3) 2", "3) 1", 3, "1", TANH, "1 for 2"),
            ("erf_M1", "(2 / sqrt PI)", "(1 / sqrt PI)", 1, r"\frac{1}{\sqrt\pi}", ERF, "1 for 2"),
            ("erf_M2", "* sqrt 2", "* 1", 2, r"\frac{2}{\sqrt\pi}\,e^{-1/2}", ERF, "√2 dropped"),
            ("erf_M3", "4 / sqrt PI", "2 / sqrt PI", 3, r"\frac{2}{\sqrt\pi}", ERF, "2 for 4"),
            ("softplus_M1", "1) 1", "1) (1 / 4)", 1, r"\tfrac14", SOFTPLUS, "the supremum of σ'' for σ'"),
            ("softplus_M2", "1 / 4", "1 / 8", 2, r"\tfrac18", SOFTPLUS, "1/8 for 1/4"),
            ("softplus_M3", "6 * sqrt 3", "3 * sqrt 3", 3, r"\frac{1}{3\sqrt3}", SOFTPLUS, "3 for 6"),
        )
    ),
)

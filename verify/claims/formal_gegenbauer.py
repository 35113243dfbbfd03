"""Coq proofs on the Legendre polynomials in dimension d, every degree, and on the kernel's expansion in them.

P_l is defined in Coq by its recurrence from P_0 = 1 and P_1 = u, for every real d > 2; λ_j is the formula with the
coefficients c_l put in. The kernel series and its trace hold for every sequence c.
"""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_model import legendre
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "recurrence": """\
forall (d : R) (l : nat) (u : R), 2 < d ->
  (INR l + d - 2) * P d (l + 1) u = (2 * INR l + d - 2) * u * P d l u - INR l * P d (l - 1) u
""",
    "first_degrees": """\
forall d u : R, P d 0 u = 1 /\\ P d 1 u = u
""",
    "value_at_one": """\
forall (d : R) (l : nat), 2 < d -> P d l 1 = 1
""",
    "degree": """\
forall (d : R) (l : nat), 2 < d ->
  exists c : nat -> R, 0 < c l /\\ forall u : R, P d l u = sum_f_R0 (fun i => c i * u ^ i) l""",
    "degree_twin_false": """\
~ (forall (d : R) (l : nat), 2 < d ->
  exists c : nat -> R, 0 < c l /\\ forall u : R, P d l u = sum_f_R0 (fun i => c i * u ^ i) (l - 1))""",
    "parity": """\
forall (d : R) (l : nat) (u : R), 2 < d -> P d l (- u) = (-1) ^ l * P d l u
""",
    "product": """\
forall (d : R) (l : nat) (u : R), 2 < d ->
  u * P d l u = ((INR l + d - 2) * P d (l + 1) u + INR l * P d (l - 1) u) / (2 * INR l + d - 2)
""",
    "derivative": """\
forall (d : R) (l : nat) (u : R), 2 < d ->
  ex_derive (P d l) u /\\ (1 - u ^ 2) * Derive (P d l) u = INR l * (P d (l - 1) u - u * P d l u)
""",
    "differential_equation": """\
forall (d : R) (l : nat) (u : R), 2 < d ->
  ex_derive (Derive (P d l)) u /\\
  (1 - u ^ 2) * Derive (Derive (P d l)) u - (d - 1) * u * Derive (P d l) u
    + INR l * (INR l + d - 2) * P d l u = 0
""",
    "bounded": """\
forall (d : R) (l : nat) (u : R), 2 < d -> -1 <= u <= 1 -> Rabs (P d l u) <= 1
""",
    "eigenvalue_low": """\
forall (d : R) (c : nat -> R), 2 < d ->
  eigenvalue d c 0 = c 1%nat /\\ eigenvalue d c 1 = c 0%nat + 2 / (d + 2) * c 2%nat
""",
    "kernel_series": """\
forall (d : R) (c : nat -> R) (L : nat) (t : R), 2 < d ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  d * t * sum_f_R0 (fun l => c l * P d l t) L = sum_f_R0 (fun j => eigenvalue d c j * B d j * P d j t) (L + 1)
""",
    "trace": """\
forall (d : R) (c : nat -> R) (L : nat), 2 < d ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  sum_f_R0 (fun j => eigenvalue d c j * B d j) (L + 1) = d * sum_f_R0 c L
""",
    "kernel_series_infinite": """\
forall (d : R) (c : nat -> R) (t s : R), 2 < d -> -1 <= t <= 1 ->
  is_lim_seq c 0 -> is_series (fun l => c l * P d l t) s ->
  is_series (fun j => eigenvalue d c j * B d j * P d j t) (d * t * s)
""",
    "trace_infinite": """\
forall (d : R) (c : nat -> R) (s : R), 2 < d -> is_series c s ->
  is_series (fun j => eigenvalue d c j * B d j) (d * s)
""",
}
PROOFS = Proofs("Gegenbauer", LAYER, STATEMENTS)

CLASSICAL = "classical; e.g. Atkinson and Han, Spherical Harmonics and Approximations (2012)"
PAPER = "Nichani, Bai, Lee 2022; the spectrum as in Ghorbani, Mei, Misiakiewicz, Montanari 2021"
EVERY = "every real d > 2, every degree"
LEGENDRE = r"$P_l$ by its three-term recurrence from $P_0 = 1$, $P_1(u) = u$"
SEQUENCE = "every real d > 2, every sequence c"
LAMBDA = (
    r"$\lambda_j = \frac{d}{B(d,j)}\left[1_{j\ge1}\frac{j+d-3}{2j+d-4}\,c_{j-1} + "
    r"\frac{j+1}{2j+d}\,c_{j+1}\right]$"
)
FINITE = r"in the finite case $c_l = 0$ for $l > L$"

CLAIMS = (
    Claim(
        id="sphere.legendre-degree",
        title="Degree of the Legendre polynomials",
        statement=r"P_l(u) = \sum_{i\le l} p_i\,u^i, \quad p_l > 0",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.recurrence",),
        checks=(PROOFS.check("degree", scope=f"{EVERY}, every u"),),
    ),
    Claim(
        id="sphere.legendre-parity",
        title="Parity of the Legendre polynomials",
        statement=r"P_l(-u) = (-1)^l P_l(u)",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.recurrence",),
        checks=(PROOFS.check("parity", scope=f"{EVERY}, every u"),),
    ),
    Claim(
        id="sphere.legendre-product",
        title="Product of u and a Legendre polynomial",
        statement=r"u\,P_l(u) = \frac{(l+d-2)\,P_{l+1}(u) + l\,P_{l-1}(u)}{2l+d-2}",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.recurrence",),
        checks=(PROOFS.check("product", scope=f"{EVERY}, every u"),),
    ),
    Claim(
        id="sphere.legendre-derivative",
        title="Derivative of the Legendre polynomials",
        statement=r"(1-u^2)\,P_l'(u) = l\left(P_{l-1}(u) - u\,P_l(u)\right)",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.recurrence",),
        checks=(PROOFS.check("derivative", scope=f"{EVERY}, every u; that P_l has a derivative"),),
    ),
    Claim(
        id="sphere.legendre-equation",
        title="Legendre's differential equation",
        statement=r"(1-u^2)\,P_l''(u) - (d-1)\,u\,P_l'(u) + l(l+d-2)\,P_l(u) = 0",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.legendre-derivative",),
        checks=(
            PROOFS.check(
                "differential_equation", scope=f"{EVERY}, every u; that P_l has a second derivative"
            ),
        ),
    ),
    Claim(
        id="sphere.legendre-bounded",
        title="Legendre polynomials are at most 1",
        statement=r"|P_l(u)| \le 1, \quad -1 \le u \le 1",
        bound=UPPER,
        source=CLASSICAL,
        assumptions=(LEGENDRE,),
        depends_on=("sphere.legendre-equation", "sphere.legendre-parity", "sphere.value-at-one"),
        checks=(
            PROOFS.check("bounded", scope=EVERY),
            attack_check(legendre, scope="l = 2, 3, 4 at d = 10, u = x_1 of a unit x"),
        ),
    ),
    Claim(
        id="spectrum.kernel-expansion",
        title="The kernel in Legendre polynomials",
        statement=r"d\,u\sum_{l\le L} c_l P_l(u) = \sum_{j\le L+1} \lambda_j\,B(d,j)\,P_j(u), \quad "
        r"d\,u\sum_{l=0}^\infty c_l P_l(u) = \sum_{j=0}^\infty \lambda_j\,B(d,j)\,P_j(u)",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            LEGENDRE,
            LAMBDA,
            FINITE,
            r"in the infinite case $c_l \to 0$, $\sum_l c_l P_l(u)$ converges, $-1 \le u \le 1$",
        ),
        depends_on=("sphere.legendre-product", "sphere.legendre-bounded"),
        checks=(
            PROOFS.check("kernel_series", scope=f"the finite sum: {SEQUENCE}, every u"),
            PROOFS.check("kernel_series_infinite", scope=f"the series: {SEQUENCE}, |u| ≤ 1"),
        ),
    ),
    Claim(
        id="spectrum.trace-series",
        title="Trace of the kernel, every degree",
        statement=r"\sum_{j\le L+1} \lambda_j\,B(d,j) = d\sum_{l\le L} c_l, \quad "
        r"\sum_{j=0}^\infty \lambda_j\,B(d,j) = d\sum_{l=0}^\infty c_l",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(LAMBDA, FINITE, r"in the infinite case $\sum_l c_l$ converges"),
        depends_on=("spectrum.kernel-expansion", "sphere.value-at-one"),
        checks=(
            PROOFS.check("trace", scope=f"the finite sum: {SEQUENCE}"),
            PROOFS.check("trace_infinite", scope=f"the series: {SEQUENCE} whose sum converges"),
        ),
    ),
    Claim(
        id="spectrum.eigenvalues-low",
        title="The first two eigenvalues",
        statement=r"\lambda_0 = c_1, \quad \lambda_1 = c_0 + \frac{2}{d+2}\,c_2",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(LAMBDA,),
        checks=(PROOFS.check("eigenvalue_low", scope=SEQUENCE),),
    ),
    PROOFS.control(
        "recurrence",
        old="- INR l * P",
        new="+ INR l * P",
        id="control.formal-recurrence",
        control_of="sphere.recurrence",
        title="Recurrence with a wrong sign",
        statement=r"(l+d-2)\,P_{l+1}(u) = (2l+d-2)\,u\,P_l(u) + l\,P_{l-1}(u)",
        fault="sign of the last term",
    ),
    PROOFS.control(
        "first_degrees",
        old="P d 1 u = u",
        new="P d 1 u = 2 * u",
        id="control.formal-first-degrees",
        control_of="sphere.recurrence",
        title="P_1 twice too large",
        statement=r"P_0(u) = 1, \quad P_1(u) = 2u",
        fault="factor 2",
    ),
    PROOFS.control(
        "value_at_one",
        old="P d l 1 = 1",
        new="P d l (-1) = 1",
        id="control.formal-value-at-one",
        control_of="sphere.value-at-one",
        title="Normalisation at -1",
        statement=r"P_l(-1) = 1",
        fault="-1 for 1; there P_l is (-1)^l",
    ),
    PROOFS.control(
        "degree",
        old="u ^ i) l",
        new="u ^ i) (l - 1)",
        negation="degree_twin_false",
        id="control.formal-legendre-degree",
        control_of="sphere.legendre-degree",
        title="Legendre polynomials of the degree below",
        statement=r"P_l(u) = \sum_{i\le l-1} p_i\,u^i, \quad p_l > 0",
        fault="l - 1 for l; P_1 is not constant",
    ),
    PROOFS.control(
        "parity",
        old="(-1) ^ l",
        new="(-1) ^ (l + 1)",
        id="control.formal-legendre-parity",
        control_of="sphere.legendre-parity",
        title="Parity of the next degree",
        statement=r"P_l(-u) = (-1)^{l+1} P_l(u)",
        fault="l + 1 for l",
    ),
    PROOFS.control(
        "product",
        old="/ (2 * INR l + d - 2)",
        new="/ (2 * INR l + d - 1)",
        id="control.formal-legendre-product",
        control_of="sphere.legendre-product",
        title="Product formula with the dimension shifted by one",
        statement=r"u\,P_l(u) = \frac{(l+d-2)\,P_{l+1}(u) + l\,P_{l-1}(u)}{2l+d-1}",
        fault="d - 1 for d - 2",
    ),
    PROOFS.control(
        "derivative",
        old="(1 - u ^ 2)",
        new="(1 + u ^ 2)",
        id="control.formal-legendre-derivative",
        control_of="sphere.legendre-derivative",
        title="Derivative with a wrong sign",
        statement=r"(1+u^2)\,P_l'(u) = l\left(P_{l-1}(u) - u\,P_l(u)\right)",
        fault="sign of u²",
    ),
    PROOFS.control(
        "differential_equation",
        old="(d - 1) * u",
        new="(d - 2) * u",
        id="control.formal-legendre-equation",
        control_of="sphere.legendre-equation",
        title="Legendre's equation with d - 2 for d - 1",
        statement=r"(1-u^2)\,P_l''(u) - (d-2)\,u\,P_l'(u) + l(l+d-2)\,P_l(u) = 0",
        fault="d - 2 for d - 1",
    ),
    PROOFS.control(
        "bounded",
        old="<= 1 -> ",
        new="<= 2 -> ",
        id="control.formal-legendre-bounded",
        control_of="sphere.legendre-bounded",
        title="Legendre polynomials beyond [-1, 1]",
        statement=r"|P_l(u)| \le 1, \quad -1 \le u \le 2",
        fault="u up to 2, where P_1 is 2",
        bound=UPPER,
    ),
    attack_control(
        legendre,
        factor=0.9,
        scope="l = 2, 3, 4 at d = 10",
        id="control.attack-legendre",
        control_of="sphere.legendre-bounded",
        title="Legendre polynomials at most 9/10",
        statement=r"|P_l(u)| \le \tfrac{9}{10}, \quad -1 \le u \le 1",
        fault="9/10 for 1: random points of the sphere stay below, the poles do not",
    ),
    PROOFS.control(
        "kernel_series",
        old="d * t * sum_f_R0",
        new="t * sum_f_R0",
        id="control.formal-kernel-series",
        control_of="spectrum.kernel-expansion",
        title="The kernel without its factor d",
        statement=r"u\sum_{l\le L} c_l P_l(u) = \sum_{j\le L+1} \lambda_j\,B(d,j)\,P_j(u)",
        fault="d dropped",
    ),
    PROOFS.control(
        "kernel_series_infinite",
        old="(d * t * s)",
        new="(d * s)",
        id="control.formal-kernel-series-infinite",
        control_of="spectrum.kernel-expansion",
        title="The series of the kernel without its factor u",
        statement=r"d\sum_{l=0}^\infty c_l P_l(u) = \sum_{j=0}^\infty \lambda_j\,B(d,j)\,P_j(u)",
        fault="u dropped",
    ),
    PROOFS.control(
        "trace",
        old="(L + 1) =",
        new="L =",
        id="control.formal-trace",
        control_of="spectrum.trace-series",
        title="Trace without its last eigenvalue",
        statement=r"\sum_{j\le L} \lambda_j\,B(d,j) = d\sum_{l\le L} c_l",
        fault="L for L + 1",
    ),
    PROOFS.control(
        "trace_infinite",
        old="eigenvalue d c j * B d j",
        new="eigenvalue d c j",
        id="control.formal-trace-infinite",
        control_of="spectrum.trace-series",
        title="Trace without multiplicities",
        statement=r"\sum_{j=0}^\infty \lambda_j = d\sum_{l=0}^\infty c_l",
        fault="B(d,j) dropped",
    ),
    PROOFS.control(
        "eigenvalue_low",
        old="2 / (d + 2)",
        new="1 / (d + 2)",
        id="control.formal-eigenvalues-low",
        control_of="spectrum.eigenvalues-low",
        title="λ_1 with 1 for 2",
        statement=r"\lambda_0 = c_1, \quad \lambda_1 = c_0 + \frac{1}{d+2}\,c_2",
        fault="1 for 2",
    ),
)

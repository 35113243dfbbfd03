"""Coq proofs on numbers: suprema in digits, and the series 0F1 in the coefficients of σ' for σ = sin + cos.

What the theorems say of 0F1 is about the series itself: enclosures by partial sums, no zero, its limit in large
dimension. That the mean of a plane wave is this series Coq proves at d = 3 alone, and that the coefficients are,
not at all.
"""

from __future__ import annotations

from verify.bound import IDENTITY, LOWER, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "digits_of_suprema": """\
1.4142135623 < sqrt 2 < 1.4142135624 /\\
  0.7698003589 < 4 / (3 * sqrt 3) < 0.7698003590 /\\
  1.1283791670 < 2 / sqrt PI < 1.1283791671 /\\
  0.9678828980 < 2 / sqrt PI * sqrt 2 * exp (- (1 / 2)) < 0.9678828981 /\\
  2.2567583341 < 4 / sqrt PI < 2.2567583342 /\\
  0.0962250448 < 1 / (6 * sqrt 3) < 0.0962250449
""",
    "other_forms_of_suprema": """\
2 / sqrt PI * sqrt 2 * exp (- (1 / 2)) = 2 * sqrt 2 / sqrt (PI * exp 1) /\\ 1 / (6 * sqrt 3) = sqrt 3 / 18
""",
    "digits_of_gaussian_limit": """\
0.6065306597 < exp (- (1 / 2)) < 0.6065306598 /\\ 0.3678794411 < exp (- (1)) < 0.3678794412
""",
    "F01_between_partial_sums": """\
forall (b y : R) (N : nat), 0 < b -> 0 <= y <= b ->
  sum_f_R0 (F01_term b (- y)) (2 * N + 1) <= F01 b (- y) <= sum_f_R0 (F01_term b (- y)) (2 * N)
""",
    "F01_of_coefficients": """\
forall (d : R) (l : nat), 0 < d -> 1 / 2 <= F01 (d / 2 + INR l) (- (d / 4)) <= 1
""",
    "slope_coefficients_nonzero": """\
forall (d : R) (l : nat), 0 < d ->
  sqrt 2 * cos (PI / 4 * (2 * INR l + 1)) * sqrt d ^ l / (2 ^ l * rising (d / 2) l)
    * F01 (d / 2 + INR l) (- (d / 4)) <> 0
""",
    "F01_sphere_mean_3": """\
forall v : R, v <> 0 ->
  RInt (fun z => cos (v * z)) (- sqrt 3) (sqrt 3) / (2 * sqrt 3) = F01 (3 / 2) (- (3 * v ^ 2 / 4))
""",
    "F01_gaussian_limit": """\
forall d : R, 0 < d ->
  Rabs (F01 (d / 2) (- (d / 4)) - exp (- (1 / 2))) <= exp (1 / 2) / (4 * d)
""",
    "digits_of_sphere_means": """\
0.5698600991 < F01 (3 / 2) (- (3 / 4)) < 0.5698600992 /\\
  0.6028176378 < F01 (40 / 2) (- (40 / 4)) < 0.6028176379 /\\
  0.6062278761 < F01 (500 / 2) (- (500 / 4)) < 0.6062278762
""",
}
PROOFS = Proofs("Constants", LAYER, STATEMENTS)

SERIES = r"${}_0F_1(;b;x) = \sum_k \frac{x^k}{(b)_k\,k!}$, the rising factorial $(b)_k = b(b+1)\cdots(b+k-1)$"
KAPPA = r"$\kappa_l = \sqrt2\cos\!\left(\tfrac\pi4(2l+1)\right)$"
PARTIAL = r"\sum_{{k=0}}^{{{top}}} \frac{{(-y)^k}}{{(b)_k\,k!}}"
INTERVALS = "interval arithmetic over integer floats"

CLAIMS = (
    Claim(
        id="activation.suprema-digits",
        title="Suprema in digits",
        statement=r"1.4142135623 < \sqrt2 < 1.4142135624, \quad 0.7698003589 < \frac{4}{3\sqrt3} < 0.7698003590, "
        r"\quad 1.1283791670 < \frac{2}{\sqrt\pi} < 1.1283791671, "
        r"\quad 0.9678828980 < \frac{2\sqrt2}{\sqrt\pi}\,e^{-1/2} = \frac{2\sqrt2}{\sqrt{\pi e}} < 0.9678828981, "
        r"\quad 2.2567583341 < \frac{4}{\sqrt\pi} < 2.2567583342, "
        r"\quad 0.0962250448 < \frac{1}{6\sqrt3} = \frac{\sqrt3}{18} < 0.0962250449",
        bound=IDENTITY,
        source="this project",
        depends_on=(
            "activation.suprema-sincos",
            "activation.suprema-tanh",
            "activation.suprema-erf",
            "activation.suprema-softplus",
        ),
        checks=(
            PROOFS.check("digits_of_suprema", scope=f"six numbers to ten decimals, {INTERVALS}"),
            PROOFS.check("other_forms_of_suprema", scope="both equalities"),
        ),
    ),
    Claim(
        id="sphere.bessel-partial-sums",
        title="The series of a plane wave lies between its partial sums",
        statement=PARTIAL.format(top="2N+1") + r" \le {}_0F_1(;b;-y) \le " + PARTIAL.format(top="2N"),
        bound=UPPER,
        source="classical (alternating series)",
        assumptions=(SERIES, r"$0 \le y \le b$, $b > 0$"),
        checks=(PROOFS.check("F01_between_partial_sums", scope="every real b, y, every N"),),
    ),
    Claim(
        id="activation.coefficients-nonzero",
        title="No coefficient of σ' = cos − sin vanishes",
        statement=r"\tfrac12 \le {}_0F_1\!\left(;\tfrac d2 + l;-\tfrac d4\right) \le 1, \quad "
        r"\frac{\kappa_l\,d^{l/2}}{d(d+2)\cdots(d+2l-2)}\,{}_0F_1\!\left(;\tfrac d2 + l;-\tfrac d4\right) \ne 0",
        bound=LOWER,
        source="this project",
        assumptions=(KAPPA, SERIES, r"$\sigma = \sin + \cos$, so $\sigma' = \cos - \sin$"),
        depends_on=("sphere.bessel-partial-sums", "activation.coefficients"),
        checks=(
            PROOFS.check("F01_of_coefficients", scope="the series: every real d > 0, every l"),
            PROOFS.check(
                "slope_coefficients_nonzero",
                scope="every real d > 0, every l: the formula; that it is the coefficient is "
                "activation.coefficients",
            ),
        ),
    ),
    Claim(
        id="sphere.bessel-limit",
        title="Mean of a plane wave in large dimension",
        statement=r"\left|{}_0F_1\!\left(;\tfrac d2;-\tfrac d4\right) - e^{-1/2}\right| \le \frac{e^{1/2}}{4d}",
        bound=UPPER,
        source="this project",
        assumptions=(SERIES,),
        checks=(PROOFS.check("F01_gaussian_limit", scope="every real d > 0"),),
    ),
    Claim(
        id="sphere.bessel-digits",
        title="Mean of a plane wave in digits",
        statement=r"0.5698600991 < {}_0F_1\!\left(;\tfrac32;-\tfrac34\right) < 0.5698600992, \quad "
        r"0.6028176378 < {}_0F_1(;20;-10) < 0.6028176379, \quad "
        r"0.6062278761 < {}_0F_1(;250;-125) < 0.6062278762, \quad "
        r"0.6065306597 < e^{-1/2} < 0.6065306598, \quad 0.3678794411 < e^{-1} < 0.3678794412",
        bound=IDENTITY,
        source="this project",
        assumptions=(SERIES,),
        depends_on=("sphere.bessel-partial-sums",),
        checks=(
            PROOFS.check("digits_of_sphere_means", scope=f"d = 3, 40, 500, partial sums by {INTERVALS}"),
            PROOFS.check("digits_of_gaussian_limit", scope=f"the limit and its square, {INTERVALS}"),
        ),
    ),
    PROOFS.control(
        "digits_of_suprema",
        old="0.7698003590",
        new="0.7698003588",
        id="control.formal-digits-of-suprema",
        control_of="activation.suprema-digits",
        title="Supremum of the shifted tanh with a wrong last digit",
        statement=r"0.7698003589 < \frac{4}{3\sqrt3} < 0.7698003588",
        fault="last digit of the upper end",
    ),
    PROOFS.control(
        "other_forms_of_suprema",
        old="/ 18",
        new="/ 12",
        id="control.formal-other-forms-of-suprema",
        control_of="activation.suprema-digits",
        title="Another form of the softplus supremum with 12 for 18",
        statement=r"\frac{1}{6\sqrt3} = \frac{\sqrt3}{12}",
        fault="12 for 18",
    ),
    PROOFS.control(
        "digits_of_gaussian_limit",
        old="0.6065306598",
        new="0.6065306596",
        id="control.formal-digits-of-gaussian-limit",
        control_of="sphere.bessel-digits",
        title="The limit of large dimension with a wrong last digit",
        statement=r"0.6065306597 < e^{-1/2} < 0.6065306596",
        fault="last digit of the upper end",
    ),
    PROOFS.control(
        "digits_of_sphere_means",
        old="0.6028176379",
        new="0.6028176377",
        id="control.formal-digits-of-sphere-means",
        control_of="sphere.bessel-digits",
        title="Mean of a plane wave at d = 40 with a wrong last digit",
        statement=r"0.6028176378 < {}_0F_1(;20;-10) < 0.6028176377",
        fault="last digit of the upper end",
    ),
    PROOFS.control(
        "F01_between_partial_sums",
        old="(2 * N + 1)",
        new="(2 * N)",
        id="control.formal-partial-sums",
        control_of="sphere.bessel-partial-sums",
        title="The same partial sum on both sides",
        statement=PARTIAL.format(top="2N") + r" \le {}_0F_1(;b;-y) \le " + PARTIAL.format(top="2N"),
        fault="one term fewer on the left",
        bound=UPPER,
    ),
    PROOFS.control(
        "F01_of_coefficients",
        old="1 / 2 <=",
        new="3 / 4 <=",
        id="control.formal-series-of-coefficients",
        control_of="activation.coefficients-nonzero",
        title="The series of a coefficient from below by 3/4",
        statement=r"\tfrac34 \le {}_0F_1\!\left(;\tfrac d2 + l;-\tfrac d4\right) \le 1",
        fault="3/4 for 1/2; the limit for l = 0 is 0.6065…",
        bound=LOWER,
    ),
    PROOFS.control(
        "slope_coefficients_nonzero",
        old="2 * INR l + 1",
        new="2 * INR l",
        id="control.formal-coefficients-nonzero",
        control_of="activation.coefficients-nonzero",
        title="Coefficients with the phase of cos alone",
        statement=r"\sqrt2\cos\!\left(\tfrac{\pi l}{2}\right)\frac{d^{l/2}}{d(d+2)\cdots(d+2l-2)}\,"
        r"{}_0F_1\!\left(;\tfrac d2 + l;-\tfrac d4\right) \ne 0",
        fault="2l for 2l + 1, where every other coefficient is 0",
        bound=LOWER,
    ),
    PROOFS.control(
        "F01_sphere_mean_3",
        old="F01 (3 / 2)",
        new="F01 (5 / 2)",
        id="control.formal-sphere-mean-3",
        control_of="sphere.bessel",
        title="Mean of a plane wave at d = 3 with 5/2 for 3/2",
        statement=r"\mathbb{E}\cos(v\cdot x) = {}_0F_1\!\left(;\tfrac52;-\tfrac34\,\|v\|^2\right), \quad d = 3",
        fault="5/2 for d/2",
    ),
    PROOFS.control(
        "F01_gaussian_limit",
        old="(4 * d)",
        new="(40 * d)",
        id="control.formal-gaussian-limit",
        control_of="sphere.bessel-limit",
        title="Mean of a plane wave ten times nearer to its limit",
        statement=r"\left|{}_0F_1\!\left(;\tfrac d2;-\tfrac d4\right) - e^{-1/2}\right| \le "
        r"\frac{e^{1/2}}{40\,d}",
        fault="40 for 4",
        bound=UPPER,
    ),
)

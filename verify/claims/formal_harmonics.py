"""Coq proofs on counting harmonics: B(d,l) for every degree, its sum n_k, its growth.

B(d,l) is its product formula, with binomials of a real number; that it counts harmonics Coq does not prove.
"""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.claims.formal_gegenbauer import CLASSICAL
from verify.formal import Proofs

STATEMENTS = {
    "choose_is_binomial": """\
forall n k : nat, (k <= n)%nat ->
  choose (INR n) k = INR (fact n) / (INR (fact k) * INR (fact (n - k)))
""",
    "choose_pascal": """\
forall (x : R) (k : nat), choose (x + 1) (S k) = choose x k + choose x (S k)
""",
    "pascal_is_choose": """\
forall n k : nat, INR (pascal n k) = choose (INR n) k
""",
    "B_ratio": """\
forall (d : R) (l : nat),
  (INR l + 1) * (2 * INR l + d - 2) * B d (S l) = (2 * INR l + d) * (INR l + d - 2) * B d l
""",
    "B_difference": """\
forall (d : R) (l : nat), (2 <= l)%nat ->
  B d l = choose (d + INR l - 1) l - choose (d + INR l - 3) (l - 2)
""",
    "counting": """\
forall (d : R) (k : nat), (1 <= k)%nat ->
  sum_f_R0 (B d) k = choose (d + INR k - 1) k + choose (d + INR k - 2) (k - 1)
""",
    "counting_binomial": """\
forall d k : nat, (2 <= d)%nat -> (1 <= k)%nat ->
  sum_f_R0 (B (INR d)) k = Binomial.C (d + k - 1) k + Binomial.C (d + k - 2) (k - 1)
""",
    "B_natural": """\
forall d l : nat, (2 <= d)%nat -> (1 <= l)%nat ->
  B (INR d) l = INR (pascal (d + l - 2) l + pascal (d + l - 3) (l - 1))
""",
    "B_increasing": """\
forall (d : R) (l : nat), 2 < d -> 0 < B d l < B d (S l)
""",
    "B_growth": """\
forall (d : R) (l : nat), 2 < d -> d ^ l / INR (fact l) <= B d l <= d ^ l
""",
}
PROOFS = Proofs("Harmonics", LAYER, STATEMENTS)

EVERY = "every real d > 2, every degree"
BINOMIAL = r"$\binom{x}{k} = \frac{x(x-1)\cdots(x-k+1)}{k!}$ for every real $x$"
COUNT = r"$B(d,l) = \frac{2l+d-2}{l}\binom{l+d-3}{l-1}$, $B(d,0) = 1$"
CLAIMS = (
    Claim(
        id="sphere.binomials",
        title="Binomials of real numbers",
        statement=r"\binom{x+1}{k+1} = \binom{x}{k} + \binom{x}{k+1}, \quad "
        r"\binom{n}{k} = \frac{n!}{k!\,(n-k)!} \quad (k \le n)",
        bound=IDENTITY,
        source="school",
        assumptions=(BINOMIAL,),
        checks=(
            PROOFS.check("choose_pascal", scope="every real x, every k"),
            PROOFS.check("choose_is_binomial", scope="all natural numbers k ≤ n"),
            PROOFS.check("pascal_is_choose", scope="Pascal's triangle, all natural numbers n, k"),
        ),
    ),
    Claim(
        id="sphere.counting-ratio",
        title="Ratio of the numbers of harmonics",
        statement=r"(l+1)(2l+d-2)\,B(d,l+1) = (2l+d)(l+d-2)\,B(d,l)",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(COUNT,),
        checks=(PROOFS.check("B_ratio", scope="every real d, every degree"),),
    ),
    Claim(
        id="sphere.counting-natural",
        title="The number of harmonics is a natural number",
        statement=r"B(d,l) = \binom{d+l-2}{l} + \binom{d+l-3}{l-1}, \quad l \ge 1",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(COUNT, r"$d \ge 2$ an integer; the right side by Pascal's triangle, in natural numbers"),
        depends_on=("sphere.binomials",),
        checks=(PROOFS.check("B_natural", scope="every integer d ≥ 2, every degree l ≥ 1"),),
    ),
    Claim(
        id="sphere.counting-growth",
        title="Growth of the number of harmonics",
        statement=r"\frac{d^l}{l!} \le B(d,l) \le d^l, \quad 0 < B(d,l) < B(d,l+1)",
        bound=UPPER,
        source="classical",
        assumptions=(COUNT, r"$d > 2$"),
        depends_on=("sphere.counting-ratio",),
        checks=(PROOFS.check("B_growth", scope=EVERY), PROOFS.check("B_increasing", scope=EVERY)),
    ),
    PROOFS.control(
        "choose_is_binomial",
        old="(k <= n)%nat",
        new="(k <= S n)%nat",
        id="control.formal-binomial",
        control_of="sphere.binomials",
        title="Binomial by factorials beyond k = n",
        statement=r"\binom{n}{k} = \frac{n!}{k!\,(n-k)!}, \quad k \le n + 1",
        fault="k = n + 1, where the binomial is 0 and Coq takes n - k as 0",
    ),
    PROOFS.control(
        "choose_pascal",
        old="= choose x k",
        new="= 2 * choose x k",
        id="control.formal-pascal-rule",
        control_of="sphere.binomials",
        title="Pascal's rule with a term counted twice",
        statement=r"\binom{x+1}{k+1} = 2\binom{x}{k} + \binom{x}{k+1}",
        fault="factor 2",
    ),
    PROOFS.control(
        "pascal_is_choose",
        old="choose (INR n) k",
        new="choose (INR n + 1) k",
        id="control.formal-pascal-triangle",
        control_of="sphere.binomials",
        title="Pascal's triangle one row off",
        statement=r"\binom{n}{k} = \binom{n+1}{k}",
        fault="n + 1 for n",
    ),
    PROOFS.control(
        "B_ratio",
        old="(INR l + 1) *",
        new="(INR l + 2) *",
        id="control.formal-counting-ratio",
        control_of="sphere.counting-ratio",
        title="Ratio of the numbers of harmonics with l + 2",
        statement=r"(l+2)(2l+d-2)\,B(d,l+1) = (2l+d)(l+d-2)\,B(d,l)",
        fault="l + 2 for l + 1",
    ),
    PROOFS.control(
        "B_difference",
        old="(d + INR l - 3)",
        new="(d + INR l - 2)",
        id="control.formal-counting-difference",
        control_of="sphere.counting",
        title="Number of harmonics with l - 2 for l - 3",
        statement=r"B(d,l) = \binom{d+l-1}{l} - \binom{d+l-2}{l-2}",
        fault="d + l - 2 for d + l - 3",
    ),
    PROOFS.control(
        "counting",
        old="(d + INR k - 2)",
        new="(d + INR k - 1)",
        id="control.formal-counting",
        control_of="sphere.counting",
        title="n_k with k - 1 for k - 2",
        statement=r"n_k = \binom{d+k-1}{k} + \binom{d+k-1}{k-1}",
        fault="d + k - 1 for d + k - 2",
    ),
    PROOFS.control(
        "counting_binomial",
        old="(d + k - 1)",
        new="(d + k)",
        id="control.formal-counting-binomial",
        control_of="sphere.counting",
        title="n_k with the dimension of its first term shifted",
        statement=r"n_k = \binom{d+k}{k} + \binom{d+k-2}{k-1}",
        fault="d + k for d + k - 1",
    ),
    PROOFS.control(
        "B_natural",
        old="(d + l - 3)",
        new="(d + l - 2)",
        id="control.formal-counting-natural",
        control_of="sphere.counting-natural",
        title="Number of harmonics with one row off",
        statement=r"B(d,l) = \binom{d+l-2}{l} + \binom{d+l-2}{l-1}",
        fault="d + l - 2 for d + l - 3",
    ),
    PROOFS.control(
        "B_increasing",
        old="2 < d",
        new="1 < d",
        id="control.formal-counting-increasing",
        control_of="sphere.counting-growth",
        title="Number of harmonics increasing below dimension 2",
        statement=r"0 < B(d,l) < B(d,l+1), \quad d > 1",
        fault="d > 1 for d > 2; at d = 3/2 it falls from l = 1 to l = 2",
        bound=UPPER,
    ),
    PROOFS.control(
        "B_growth",
        old="d ^ l / INR (fact l)",
        new="d ^ l",
        id="control.formal-counting-growth",
        control_of="sphere.counting-growth",
        title="Growth of the number of harmonics without l!",
        statement=r"d^l \le B(d,l) \le d^l",
        fault="l! dropped",
        bound=UPPER,
    ),
)

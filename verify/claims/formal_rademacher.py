"""Coq proofs on the Rademacher complexities: both suprema for fixed signs, and the mean over all signs."""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "signed_sum": """\
forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps : nat -> R) (W : nat -> nat -> R),
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  = / (2 * sqrt (INR m)) * sum m (fun r => form d (signed_block s2 n d a w0 X eps r) (W r))
""",
    "quadratic_upper": """\
forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R) (W : nat -> nat -> R),
  (forall r w, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w) ->
  sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 ->
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  <= B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2))
""",
    "quadratic_maximiser": """\
forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X e : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r, (r < m)%nat -> dot d (e r) (e r) = 1) ->
  (forall r, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) (e r) = lambda r) ->
  let rho := sqrt (sum m (fun r => Rmax 0 (lambda r) ^ 2)) in
  let W := fun r i => B * sqrt (Rmax 0 (lambda r) / rho) * e r i in
  sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 /\\
  (forall r, (r < m)%nat -> 0 < lambda r -> sum m (fun r => dot d (W r) (W r) ^ 2) = B ^ 4) /\\
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  = B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2))
""",
    "largest_value": """\
forall (d : nat) (C : nat -> nat -> R), (0 < d)%nat ->
  exists (l : R) (e : nat -> R),
  dot d e e = 1 /\\ form d C e = l /\\ forall w, form d C w <= l * dot d w w
""",
    "quadratic_supremum": """\
forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r, (r < m)%nat -> is_lub (fun v => exists w, dot d w w = 1
    /\\ v = form d (signed_block s2 n d a w0 X eps r) w) (lambda r)) ->
  is_lub (quadratic_values s2 n m d a w0 X eps B)
    (B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2)))
""",
    "signed_inner": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (W : nat -> nat -> R),
  symmetric m d P ->
  / INR n * sum n (fun p => eps p * f_L s1 m d a w0 (apply m d P W) (X p))
  = inner m d (fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i)) W
""",
    "linear_supremum": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B : R),
  0 <= B -> symmetric m d P ->
  let z := fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i) in
  let largest := B * sqrt (inner m d z z) in
  linear_values s1 n m d a w0 X P eps B largest /\\ is_lub (linear_values s1 n m d a w0 X P eps B) largest
""",
    "sign_energy": """\
forall (n m d : nat) (V : nat -> nat -> nat -> R),
  average n (fun eps => inner m d (fun r i => sum n (fun p => eps p * V p r i))
                                  (fun r i => sum n (fun p => eps p * V p r i)))
  = sum n (fun p => inner m d (V p) (V p))
""",
    "linear_complexity": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (B : R) (supremum : (nat -> R) -> R),
  0 <= B -> symmetric m d P ->
  (forall eps, is_lub (linear_values s1 n m d a w0 X P eps B) (supremum eps)) ->
  average n supremum
  <= B / INR n * sqrt (sum n (fun p => inner m d (apply m d P (feature s1 m d a w0 (X p)))
                                                 (apply m d P (feature s1 m d a w0 (X p)))))
""",
}

# Mutated statements that are proved false.
_FALSE = {
    "signed_sum": ("/ (2 * sqrt (INR m))", "/ sqrt (INR m)"),
    "quadratic_upper": ("B ^ 2 / 2", "B ^ 2 / 4"),
    "largest_value": ("= l /\\", "= 2 * l /\\"),
    "quadratic_supremum": ("Rmax 0 (lambda r)", "lambda r"),
    "linear_supremum": ("B * sqrt", "B ^ 2 * sqrt"),
    "sign_energy": ("= sum n (fun p => inner", "= 2 * sum n (fun p => inner"),
}
PROOFS = Proofs(
    module="Rademacher",
    layer=LAYER,
    statements=STATEMENTS
    | {f"{name}_twin_false": f"~ ({STATEMENTS[name].replace(*change)})" for name, change in _FALSE.items()},
)
PAPER = "Nichani, Bai, Lee 2022"
RADIUS = r"$B \ge 0$"
BLOCK = r"$A_r = \frac1n \sum_i \epsilon_i a_r \sigma''(w_{0,r}\cdot x_i)\,x_i x_i^\top$"

CLAIMS = (
    Claim(
        id="generalization.signed-sum",
        title="Signed sums of f_Q neuron by neuron",
        statement=r"\frac1n \sum_i \epsilon_i f_Q(x_i;W) = \frac{1}{2\sqrt m} \sum_r w_r^\top A_r w_r",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(BLOCK,),
        checks=(PROOFS.check("signed_sum", scope="every m, n, d, any σ''"),),
    ),
    Claim(
        id="generalization.quadratic-upper",
        title="Upper bound over the quadratic class",
        statement=r"\frac1n \sum_i \epsilon_i f_Q(x_i;W) \le \frac{B^2}{2} \Big(\frac1m \sum_r "
        r"\max(0, \lambda_r)^2\Big)^{1/2}, \quad \|W\|_{2,4} \le B,\ A_r \preceq \lambda_r I",
        bound=UPPER,
        source=PAPER,
        assumptions=(BLOCK, RADIUS),
        depends_on=("generalization.signed-sum",),
        checks=(PROOFS.check("quadratic_upper", scope="every m, n, d, any σ'' and signs"),),
    ),
    Claim(
        id="generalization.quadratic-maximiser",
        title="The maximiser over the quadratic class",
        statement=r"w_r = B\,\Big(\frac{\max(0,\lambda_r)}{\rho}\Big)^{1/2} e_r, \quad "
        r"\rho^2 = \sum_r \max(0,\lambda_r)^2: \quad \|W\|_{2,4} \le B, \quad "
        r"\frac1n \sum_i \epsilon_i f_Q(x_i;W) = \frac{B^2}{2\sqrt m}\,\rho",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            BLOCK,
            RADIUS,
            r"$\|e_r\| = 1$, $e_r^\top A_r e_r = \lambda_r$; the norm is B if some $\lambda_r > 0$, and "
            r"$w_r = 0$ for every r if $\rho = 0$",
        ),
        depends_on=("generalization.signed-sum",),
        checks=(PROOFS.check("quadratic_maximiser", scope="every m, n, d, any σ'' and signs"),),
    ),
    Claim(
        id="generalization.largest-value",
        title="The largest value of a quadratic form on the unit sphere is attained",
        statement=r"\text{for every } C \in \mathbb{R}^{d\times d} \text{ there is } \|e\| = 1 \text{ with } "
        r"w^\top C w \le (e^\top C e)\,\|w\|^2 \text{ for every } w",
        bound=UPPER,
        source="school",
        assumptions=(r"$d \ge 1$",),
        checks=(PROOFS.check("largest_value", scope="every d ≥ 1 and every matrix C, symmetric or not"),),
    ),
    Claim(
        id="generalization.signed-inner",
        title="Signed sums of f_L as an inner product",
        statement=r"\frac1n \sum_i \epsilon_i f_L(x_i; P_\le W) = \Big\langle \frac1n \sum_i \epsilon_i "
        r"P_\le\varphi(x_i), W\Big\rangle",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$P_\le$ symmetric",),
        checks=(PROOFS.check("signed_inner", scope="every m, n, d, any σ'"),),
    ),
    Claim(
        id="generalization.sign-energy",
        title="Mean square of a signed sum",
        statement=r"\mathbb{E}_\epsilon \Big\|\sum_i \epsilon_i V_i\Big\|_F^2 = \sum_i \|V_i\|_F^2",
        bound=IDENTITY,
        source="school",
        assumptions=(r"the mean over all $2^n$ sign vectors",),
        checks=(PROOFS.check("sign_energy", scope="every m, n, d and all movements V_i"),),
    ),
    Claim(
        id="generalization.linear-complexity",
        title="Complexity of the linear class from above",
        statement=r"\mathbb{E}_\epsilon \sup_{\|W\|_F \le B} \frac1n \sum_i \epsilon_i f_L(x_i; P_\le W) \le "
        r"\frac Bn \Big(\sum_i \|P_\le\varphi(x_i)\|^2\Big)^{1/2}",
        bound=UPPER,
        source=PAPER,
        assumptions=(r"$B \ge 0$, $P_\le$ symmetric; the mean over all $2^n$ sign vectors",),
        depends_on=("generalization.linear-supremum", "generalization.sign-energy"),
        checks=(PROOFS.check("linear_complexity", scope="every m, n, d, any σ'"),),
    ),
    PROOFS.control(
        "signed_sum",
        old=_FALSE["signed_sum"][0],
        new=_FALSE["signed_sum"][1],
        negation="signed_sum_twin_false",
        id="control.formal-signed-sum",
        control_of="generalization.signed-sum",
        title="Signed sums of f_Q without the factor 1/2",
        statement=r"\frac1n \sum_i \epsilon_i f_Q(x_i;W) = \frac{1}{\sqrt m} \sum_r w_r^\top A_r w_r",
        fault="the factor 1/2 is lost",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "quadratic_upper",
        old=_FALSE["quadratic_upper"][0],
        new=_FALSE["quadratic_upper"][1],
        negation="quadratic_upper_twin_false",
        id="control.formal-quadratic-upper",
        control_of="generalization.quadratic-upper",
        title="Half the upper bound over the quadratic class",
        statement=r"\sup \le \frac{B^2}{4} \Big(\frac1m \sum_r \max(0, \lambda_r)^2\Big)^{1/2}",
        fault="B²/4 for B²/2",
        bound=UPPER,
    ),
    PROOFS.control(
        "quadratic_maximiser",
        old="B * sqrt (Rmax 0 (lambda r) / rho)",
        new="B * (Rmax 0 (lambda r) / rho)",
        id="control.formal-quadratic-maximiser",
        control_of="generalization.quadratic-maximiser",
        title="A maximiser with the root left out",
        statement=r"w_r = B\,\frac{\max(0,\lambda_r)}{\rho}\,e_r",
        fault="no root of the length",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "largest_value",
        old=_FALSE["largest_value"][0],
        new=_FALSE["largest_value"][1],
        negation="largest_value_twin_false",
        id="control.formal-largest-value",
        control_of="generalization.largest-value",
        title="Half the largest value of a quadratic form as its bound",
        statement=r"w^\top C w \le \tfrac12\,(e^\top C e)\,\|w\|^2 \text{ for every } w",
        fault="half the value attained",
        bound=UPPER,
    ),
    PROOFS.control(
        "quadratic_supremum",
        old=_FALSE["quadratic_supremum"][0],
        new=_FALSE["quadratic_supremum"][1],
        negation="quadratic_supremum_twin_false",
        id="control.formal-quadratic-supremum",
        control_of="generalization.quadratic-supremum",
        title="Supremum over the quadratic class with negative eigenvalues",
        statement=r"\sup = \frac{B^2}{2} \Big(\frac1m \sum_r \lambda_r^2\Big)^{1/2}",
        fault="the largest eigenvalue for its positive part",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "signed_inner",
        old="eps p * apply",
        new="apply",
        id="control.formal-signed-inner",
        control_of="generalization.signed-inner",
        title="Signed sums of f_L without the signs",
        statement=r"\frac1n \sum_i \epsilon_i f_L(x_i; P_\le W) = \Big\langle \frac1n \sum_i "
        r"P_\le\varphi(x_i), W\Big\rangle",
        fault="the signs dropped",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "linear_supremum",
        old=_FALSE["linear_supremum"][0],
        new=_FALSE["linear_supremum"][1],
        negation="linear_supremum_twin_false",
        id="control.formal-linear-supremum",
        control_of="generalization.linear-supremum",
        title="Supremum over the linear class with the radius squared",
        statement=r"\sup = B^2\,\Big\|\frac1n \sum_i \epsilon_i P_\le\varphi(x_i)\Big\|",
        fault="B² for B",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "sign_energy",
        old=_FALSE["sign_energy"][0],
        new=_FALSE["sign_energy"][1],
        negation="sign_energy_twin_false",
        id="control.formal-sign-energy",
        control_of="generalization.sign-energy",
        title="Mean square of a signed sum, twice",
        statement=r"\mathbb{E}_\epsilon \Big\|\sum_i \epsilon_i V_i\Big\|_F^2 = 2\sum_i \|V_i\|_F^2",
        fault="the factor 2",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "linear_complexity",
        old="B / INR n * sqrt",
        new="B / INR n ^ 2 * sqrt",
        id="control.formal-linear-complexity",
        control_of="generalization.linear-complexity",
        title="Complexity of the linear class with n squared",
        statement=r"\mathrm{Rad} \le \frac{B}{n^2} \Big(\sum_i \|P_\le\varphi(x_i)\|^2\Big)^{1/2}",
        fault="n² for n",
        bound=UPPER,
    ),
)

"""Coq proofs on the certificate: weak duality for all m, n, d, one neuron above its bound, the conjugates.

What the theorems leave to a certified gap is arithmetic: that the numbers put in satisfy their hypotheses.
"""

from __future__ import annotations

from verify.bound import IDENTITY, LOWER, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "quartic_tangents": """\
forall (m d : nat) (c s lambda4 t : R) (w : nat -> R) (W : nat -> nat -> R),
  0 <= c -> 0 <= lambda4 ->
  2 * c * s * dot d w w - c * s ^ 2 <= c * dot d w w ^ 2 /\\
  2 * t * lambda4 * sum m (fun r => dot d (W r) (W r) ^ 2) - lambda4 * t ^ 2 <= lambda4 * R_4 m d W
""",
    "inner_bound": """\
forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c s : R) (y w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall v, 0 <= form d C v + 4 * c * s * dot d v v) ->
  (forall i, (i < d)%nat -> dot d (C i) y + 4 * c * s * y i = b i) ->
  - / 2 * dot d b y - c * s ^ 2 <= neuron d b C c w
""",
    "inner_bound_factored": """\
forall (d : nat) (b : nat -> R) (C L : nat -> nat -> R)
    (D : nat -> R) (c s : R) (x w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat ->
     C i j + 4 * c * s * delta i j = sum d (fun k => L i k * D k * L j k)) ->
  (forall k, (k < d)%nat -> 0 < D k) ->
  (forall i, (i < d)%nat -> dot d (L i) x = b i) ->
  - / 2 * sum d (fun k => x k ^ 2 / D k) - c * s ^ 2 <= neuron d b C c w
""",
    "inner_minimum": """\
forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c : R) (v : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall u, 0 <= form d C u + 4 * c * dot d v v * dot d u u) ->
  (forall i, (i < d)%nat -> dot d (C i) v + 4 * c * dot d v v * v i = - b i) ->
  neuron d b C c v = / 2 * dot d b v - c * dot d v v ^ 2 /\\ forall w, neuron d b C c v <= neuron d b C c w
""",
    "quadratic_tangent": """\
forall (m d : nat) (Q : nat -> nat -> nat -> nat -> R) (W W' : nat -> nat -> R),
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  inner m d (apply m d Q W') W - / 2 * inner m d W' (apply m d Q W') <= / 2 * inner m d W (apply m d Q W)
""",
    "weak_duality": """\
forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (Q : nat -> nat -> nat -> nat -> R) (lambda4 t : R) (nu star least : nat -> R)
    (W W' : nat -> nat -> R),
  0 <= lambda4 ->
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i + apply m d Q W' r i)
                  (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star - / 2 * inner m d W' (apply m d Q W') - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W + / 2 * inner m d W (apply m d Q W) + lambda4 * R_4 m d W
""",
    "weak_duality_explicit": """\
forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
  (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (Q : nat -> nat -> nat -> nat -> R) (lambda4 t : R) (nu star s : nat -> R)
    (b y W W' : nat -> nat -> R),
  0 <= lambda4 -> 0 <= t ->
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> b r i = pulled s1 n m d a w0 X nu r i + apply m d Q W' r i) ->
  (forall r v, (r < m)%nat ->
     0 <= form d (bent s2 n m d a w0 X nu r) v + 4 * (2 * t * lambda4) * s r * dot d v v) ->
  (forall r i, (r < m)%nat -> (i < d)%nat ->
     dot d (bent s2 n m d a w0 X nu r i) (y r) + 4 * (2 * t * lambda4) * s r * y r i = b r i) ->
  - / INR n * sum n star - / 2 * inner m d W' (apply m d Q W') - lambda4 * t ^ 2
    + sum m (fun r => - / 2 * dot d (b r) (y r) - 2 * t * lambda4 * s r ^ 2)
  <= second_order_loss s1 s2 n m d a w0 X ell W + / 2 * inner m d W (apply m d Q W) + lambda4 * R_4 m d W
""",
    "weak_duality_regularizer": """\
forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
  (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (low high Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu star least : nat -> R) (W W' : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 ->
  symmetric m d low -> symmetric m d high -> symmetric m d Sigma ->
  (forall U, 0 <= inner m d U (apply m d Sigma U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i
         + (apply m d high (fun s j =>
              pulled s1 n m d a w0 X
                (fun p => 2 * lambda1 / INR n * f_L s1 m d a w0 (apply m d high W') (X p)) s j
              + 2 * lambda2 * apply m d Sigma (apply m d high W') s j) r i
            + 2 * lambda3 * apply m d low (apply m d low W') r i))
       (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star
    - (lambda1 * R_1 s1 n m d a w0 X high W' + lambda2 * R_2 m d high Sigma W' + lambda3 * R_3 m d low W')
    - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + (lambda1 * R_1 s1 n m d a w0 X high W + lambda2 * R_2 m d high Sigma W + lambda3 * R_3 m d low W)
    + lambda4 * R_4 m d W
""",
    "low_energy": """\
forall (m d k : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  (forall l l', (l < k)%nat -> (l' < k)%nat -> inner m d (U l) (U l') = delta l l') ->
  R_3 m d (P_low k U) W = sum k (fun l => inner m d (U l) W ^ 2)
""",
    "weak_duality_split": """\
forall (s1 s2 : R -> R) (n m d k : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (U : nat -> nat -> nat -> R) (Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu rho gamma star least : nat -> R) (zeta W : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 ->
  (lambda1 = 0 -> forall p, (p < n)%nat -> rho p = 0) ->
  (lambda3 = 0 -> forall l, (l < k)%nat -> gamma l = 0) ->
  symmetric m d Sigma ->
  (forall V, 0 <= inner m d V (apply m d Sigma V)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i
         + (apply m d (P_high k U) (fun s j =>
              pulled s1 n m d a w0 X rho s j + 2 * lambda2 * apply m d Sigma zeta s j) r i
            + sum k (fun l => gamma l * U l r i)))
       (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star - INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)
    - lambda2 * inner m d zeta (apply m d Sigma zeta) - / (4 * lambda3) * sum k (fun l => gamma l ^ 2)
    - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + lambda1 * R_1 s1 n m d a w0 X (P_high k U) W + lambda2 * R_2 m d (P_high k U) Sigma W
    + lambda3 * sum k (fun l => inner m d (U l) W ^ 2) + lambda4 * R_4 m d W
""",
    "weak_duality_computed": """\
forall (s1 s2 : R -> R) (n m d k : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (U L : nat -> nat -> nat -> R) (Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu rho gamma star s : nat -> R) (zeta D x W : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 -> 0 <= t ->
  (lambda1 = 0 -> forall p, (p < n)%nat -> rho p = 0) ->
  (lambda3 = 0 -> forall l, (l < k)%nat -> gamma l = 0) ->
  symmetric m d Sigma ->
  (forall V, 0 <= inner m d V (apply m d Sigma V)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r i j, (r < m)%nat -> (i < d)%nat -> (j < d)%nat ->
     bent s2 n m d a w0 X nu r i j + 4 * (2 * t * lambda4) * s r * delta i j
     = sum d (fun h => L r i h * D r h * L r j h)) ->
  (forall r h, (r < m)%nat -> (h < d)%nat -> 0 < D r h) ->
  (forall r i, (r < m)%nat -> (i < d)%nat ->
     dot d (L r i) (x r)
     = pulled s1 n m d a w0 X nu r i
       + (apply m d (P_high k U) (fun s j =>
            pulled s1 n m d a w0 X rho s j + 2 * lambda2 * apply m d Sigma zeta s j) r i
          + sum k (fun l => gamma l * U l r i))) ->
  - / INR n * sum n star - INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)
    - lambda2 * inner m d zeta (apply m d Sigma zeta) - / (4 * lambda3) * sum k (fun l => gamma l ^ 2)
    - lambda4 * t ^ 2
    + sum m (fun r => - / 2 * sum d (fun h => x r h ^ 2 / D r h) - 2 * t * lambda4 * s r ^ 2)
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + lambda1 * R_1 s1 n m d a w0 X (P_high k U) W + lambda2 * R_2 m d (P_high k U) Sigma W
    + lambda3 * sum k (fun l => inner m d (U l) W ^ 2) + lambda4 * R_4 m d W
""",
    "conjugate_squared": """\
forall y u : R,
  (forall z, u * z - (z - y) ^ 2 <= u * y + u ^ 2 / 4) /\\
  u * (y + u / 2) - ((y + u / 2) - y) ^ 2 = u * y + u ^ 2 / 4
""",
    "conjugate_logcosh": """\
forall y u z : R, -1 < u < 1 ->
  u * z - ln (cosh (z - y)) <= u * y + ((1 + u) * ln (1 + u) + (1 - u) * ln (1 - u)) / 2
""",
    "conjugate_logcosh_attained": """\
forall y u : R, -1 < u < 1 ->
  let z := y + (ln (1 + u) - ln (1 - u)) / 2 in
  u * z - ln (cosh (z - y)) = u * y + ((1 + u) * ln (1 + u) + (1 - u) * ln (1 - u)) / 2
""",
    "fenchel_young": """\
forall (n : nat) (y nu z : R), (0 < n)%nat ->
  nu * z - / INR n * (INR n * nu * y + (INR n * nu) ^ 2 / 4) <= / INR n * (z - y) ^ 2 /\\
  (-1 < INR n * nu < 1 ->
   nu * z - / INR n * (INR n * nu * y
     + ((1 + INR n * nu) * ln (1 + INR n * nu) + (1 - INR n * nu) * ln (1 - INR n * nu)) / 2)
   <= / INR n * ln (cosh (z - y)))
""",
}

# Mutated statements that are proved false.
_FALSE = {
    "quartic_tangents": ("2 * c * s * dot", "4 * c * s * dot"),
    "inner_bound": ("form d C v + 4 *", "form d C v + 8 *"),
    "inner_bound_factored": ("C i j + 4 *", "C i j + 8 *"),
    "inner_minimum": ("form d C u + 4 *", "form d C u + 8 *"),
    "quadratic_tangent": ("- / 2 * inner m d W'", "+ / 2 * inner m d W'"),
    "weak_duality": ("- lambda4 * t ^ 2", "+ lambda4 * t ^ 2"),
    "low_energy": ("= delta l l'", "= 2 * delta l l'"),
    "conjugate_squared": (
        "(z - y) ^ 2 <= u * y + u ^ 2 / 4",
        "(z - y) ^ 2 <= u * y + u ^ 2 / 8",
    ),
}
PROOFS = Proofs(
    module="Certificate",
    layer=LAYER,
    statements=STATEMENTS
    | {f"{name}_twin_false": f"~ ({STATEMENTS[name].replace(*change)})" for name, change in _FALSE.items()},
)
HERE = "this project, from Fenchel duality (Rockafellar, Convex Analysis, 1970)"
GENERAL = "every m, n, d, any σ', σ'' and any loss with the given bound on its conjugate"

CLAIMS = (
    Claim(
        id="certificate.convex-quadratic",
        title="Weak duality for any convex quadratic regularizer",
        statement=r"\tfrac1n\sum_i \ell_i(f(x_i;W)) + q(W) + \lambda_4 R_4(W) \ge -\tfrac1n\sum_i \ell_i^* - q(W') "
        r"- \lambda_4 t^2 + \sum_r \min_w \left[ b_r\cdot w + \tfrac12 w^\top C_r w + c\|w\|^4 \right]",
        bound=LOWER,
        source=HERE,
        assumptions=(
            r"$f = f_L + f_Q$, $q(W) = \tfrac12\langle W, QW\rangle$, $Q \succeq 0$ symmetric; $\lambda_4 \ge 0$",
            r"$\ell_i^* \ge n\nu_i z - \ell_i(z)$ for all $z$; $b = \Phi^\top\nu + QW'$, $c = 2t\lambda_4$",
        ),
        depends_on=("certificate.quartic", "certificate.quadratic-tangent"),
        checks=(PROOFS.check("weak_duality", scope=f"{GENERAL}; any lower bound stands for the minimum"),),
    ),
    Claim(
        id="certificate.explicit",
        title="Weak duality with the bound of each neuron written out",
        statement=r"\tfrac1n\sum_i \ell_i(f(x_i;W)) + q(W) + \lambda_4 R_4(W) \ge -\tfrac1n\sum_i \ell_i^* - q(W') "
        r"- \lambda_4 t^2 + \sum_r \left[ -\tfrac12 b_r\cdot y_r - c s_r^2 \right], \quad "
        r"(C_r + 4cs_r I)\, y_r = b_r",
        bound=LOWER,
        source=HERE,
        assumptions=(r"those of certificate.convex-quadratic, $t \ge 0$ and $C_r + 4cs_r I \succeq 0$",),
        depends_on=("certificate.convex-quadratic", "certificate.inner-minimum"),
        checks=(PROOFS.check("weak_duality_explicit", scope=GENERAL),),
    ),
    Claim(
        id="certificate.tangent-point",
        title="Weak duality with the regularizers above their tangents at one movement",
        statement=r"\tfrac1n\sum_i \ell_i(f(x_i;W)) + q(W) + \lambda_4 R_4(W) \ge -\tfrac1n\sum_i \ell_i^* - q(W') "
        r"- \lambda_4 t^2 + \sum_r \min_w \left[ b_r\cdot w + \tfrac12 w^\top C_r w + c\|w\|^4 \right], \quad "
        r"q = \lambda_1 R_1 + \lambda_2 R_2 + \lambda_3 R_3",
        bound=LOWER,
        source=HERE,
        assumptions=(
            r"$b = \Phi^\top\nu + \nabla q(W')$; $P_\le$, $P_>$ symmetric, $\Sigma \succeq 0$ symmetric; "
            r"all $\lambda_j \ge 0$",
        ),
        depends_on=("certificate.convex-quadratic",),
        checks=(PROOFS.check("weak_duality_regularizer", scope=GENERAL),),
    ),
    Claim(
        id="certificate.quadratic-tangent",
        title="A convex quadratic form above its tangent",
        statement=r"\tfrac12\langle W, QW\rangle \ge \langle QW', W\rangle - \tfrac12\langle W', QW'\rangle",
        bound=LOWER,
        source="school",
        assumptions=(r"$Q \succeq 0$ symmetric",),
        checks=(PROOFS.check("quadratic_tangent", scope="every m, d, W and W'"),),
    ),
    Claim(
        id="certificate.factorisation",
        title="The bound of one neuron from a factorisation",
        statement=r"b\cdot w + \tfrac12 w^\top C w + c\|w\|^4 \ge -\tfrac12\sum_k \frac{x_k^2}{D_k} - cs^2, \quad "
        r"C + 4cs I = L D L^\top,\ Lx = b,\ D > 0",
        bound=LOWER,
        source=HERE,
        assumptions=(r"$c \ge 0$; $L$ is any matrix, $D$ diagonal",),
        depends_on=("certificate.quartic",),
        checks=(PROOFS.check("inner_bound_factored", scope="every d, w, s"),),
    ),
    Claim(
        id="certificate.computed",
        title="The certificate from the numbers that a program computes",
        statement=r"L_\lambda(W) \ge -\tfrac1n\sum_i \ell_i^* - \tfrac{n}{4\lambda_1}\|\rho\|^2 - "
        r"\lambda_2\langle\zeta,\Sigma\zeta\rangle - \tfrac1{4\lambda_3}\|\gamma\|^2 - \lambda_4 t^2 + "
        r"\sum_r \Big[ -\tfrac12\sum_h \frac{x_{r,h}^2}{D_{r,h}} - 2t\lambda_4 s_r^2 \Big]",
        bound=LOWER,
        source=HERE,
        assumptions=(
            r"$L_\lambda$, $b_r$, $C_r$ as in certificate.weak-duality; $t \ge 0$",
            r"$C_r + 8t\lambda_4 s_r I = L_r D_r L_r^\top$, $D_r > 0$, $L_r x_r = b_r$",
        ),
        depends_on=("certificate.weak-duality", "certificate.factorisation"),
        checks=(
            PROOFS.check(
                "weak_duality_computed",
                scope="every m, n, d, n_k, U, any σ', σ'' and any loss with the given bounds on its conjugate",
            ),
        ),
    ),
    Claim(
        id="certificate.low-energy",
        title="R_3 in the coordinates of the good directions",
        statement=r"\|UU^\top W\|_F^2 = \sum_l \langle U_l, W\rangle^2",
        bound=IDENTITY,
        source="school",
        assumptions=("the columns of $U$ are orthonormal",),
        checks=(PROOFS.check("low_energy", scope="every m, d, number of columns and W"),),
    ),
    Claim(
        id="certificate.conjugate-squared",
        title="Conjugate of the squared loss",
        statement=r"\sup_z\ u z - (z-y)^2 = u y + \tfrac14 u^2, \quad \text{attained at } z = y + \tfrac12 u",
        bound=IDENTITY,
        source="Rockafellar, Convex Analysis (1970)",
        checks=(PROOFS.check("conjugate_squared", scope="all y and u"),),
    ),
    Claim(
        id="certificate.conjugate-logcosh",
        title="Conjugate of log cosh",
        statement=r"u z - \log\cosh(z-y) \le u y + \tfrac12\left[(1+u)\log(1+u) + (1-u)\log(1-u)\right]",
        bound=UPPER,
        source="Rockafellar, Convex Analysis (1970)",
        assumptions=("$|u| < 1$",),
        checks=(PROOFS.check("conjugate_logcosh", scope="all y, z and u in the domain"),),
    ),
    Claim(
        id="certificate.conjugate-logcosh-attained",
        title="The conjugate of log cosh is attained",
        statement=r"u z - \log\cosh(z-y) = u y + \tfrac12\left[(1+u)\log(1+u) + (1-u)\log(1-u)\right], \quad "
        r"z = y + \tfrac12\log\frac{1+u}{1-u}",
        bound=IDENTITY,
        source="Rockafellar, Convex Analysis (1970)",
        assumptions=("$|u| < 1$",),
        checks=(PROOFS.check("conjugate_logcosh_attained", scope="all y and u in the domain"),),
    ),
    PROOFS.control(
        "quartic_tangents",
        old=_FALSE["quartic_tangents"][0],
        new=_FALSE["quartic_tangents"][1],
        negation="quartic_tangents_twin_false",
        id="control.formal-quartic",
        control_of="certificate.quartic",
        title="A tangent twice as steep",
        statement=r"c\,\|w\|^4 \ge 4cs\,\|w\|^2 - cs^2",
        fault="4cs for 2cs",
        bound=LOWER,
    ),
    PROOFS.control(
        "inner_bound",
        old=_FALSE["inner_bound"][0],
        new=_FALSE["inner_bound"][1],
        negation="inner_bound_twin_false",
        id="control.formal-inner-bound",
        control_of="certificate.inner-minimum",
        title="The bound of one neuron where C + 8cs I alone is semidefinite",
        statement=r"b\cdot w + \tfrac12 w^\top C w + c\|w\|^4 \ge -\tfrac12 b\cdot y - cs^2, \quad C + 8cs I "
        r"\succeq 0",
        fault="8cs for 4cs in the condition",
        bound=LOWER,
    ),
    PROOFS.control(
        "inner_bound_factored",
        old=_FALSE["inner_bound_factored"][0],
        new=_FALSE["inner_bound_factored"][1],
        negation="inner_bound_factored_twin_false",
        id="control.formal-inner-factored",
        control_of="certificate.factorisation",
        title="The bound from a factorisation of C + 8cs I",
        statement=r"b\cdot w + \tfrac12 w^\top C w + c\|w\|^4 \ge -\tfrac12\sum_k x_k^2/D_k - cs^2, \quad C + "
        r"8cs I = LDL^\top",
        fault="8cs for 4cs",
        bound=LOWER,
    ),
    PROOFS.control(
        "inner_minimum",
        old=_FALSE["inner_minimum"][0],
        new=_FALSE["inner_minimum"][1],
        negation="inner_minimum_twin_false",
        id="control.formal-inner-minimum",
        control_of="certificate.inner-minimum",
        title="A stationary point taken for the minimum",
        statement=r"w^*\ \text{minimises where}\ C + 8c\|w^*\|^2 I \succeq 0",
        fault="8c for 4c in the condition",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "quadratic_tangent",
        old=_FALSE["quadratic_tangent"][0],
        new=_FALSE["quadratic_tangent"][1],
        negation="quadratic_tangent_twin_false",
        id="control.formal-quadratic-tangent",
        control_of="certificate.quadratic-tangent",
        title="A quadratic form above a line that is too high",
        statement=r"\tfrac12\langle W, QW\rangle \ge \langle QW', W\rangle + \tfrac12\langle W', QW'\rangle",
        fault="the sign of q(W')",
        bound=LOWER,
    ),
    PROOFS.control(
        "weak_duality",
        old=_FALSE["weak_duality"][0],
        new=_FALSE["weak_duality"][1],
        negation="weak_duality_twin_false",
        id="control.formal-weak-duality",
        control_of="certificate.convex-quadratic",
        title="Weak duality with the constant of the quartic part added",
        statement=r"L_\lambda(W) \ge -\tfrac1n\sum_i\ell_i^* - q(W') + \lambda_4 t^2 + \sum_r \min_w[\ldots]",
        fault="the sign of λ4 t²",
        bound=LOWER,
    ),
    PROOFS.control(
        "weak_duality_explicit",
        old="nu r) v + 4 *",
        new="nu r) v + 8 *",
        id="control.formal-weak-duality-explicit",
        control_of="certificate.explicit",
        title="Weak duality where C_r + 8cs I alone is semidefinite",
        statement=r"L_\lambda(W) \ge \ldots + \sum_r \left[-\tfrac12 b_r\cdot y_r - cs_r^2\right], \quad C_r "
        r"+ 8cs_r I \succeq 0",
        fault="8cs for 4cs in the condition",
        bound=LOWER,
    ),
    PROOFS.control(
        "weak_duality_regularizer",
        old="2 * lambda3 * apply",
        new="4 * lambda3 * apply",
        id="control.formal-weak-duality-regularizer",
        control_of="certificate.tangent-point",
        title="Weak duality with a gradient of R_3 twice too large",
        statement=r"L_\lambda(W) \ge \ldots + \sum_r \min_w[\ldots], \quad b = \Phi^\top\nu + "
        r"\nabla(\lambda_1R_1 + \lambda_2R_2 + 2\lambda_3R_3)(W')",
        fault="4 λ3 for 2 λ3",
        bound=LOWER,
    ),
    PROOFS.control(
        "low_energy",
        old=_FALSE["low_energy"][0],
        new=_FALSE["low_energy"][1],
        negation="low_energy_twin_false",
        id="control.formal-low-energy",
        control_of="certificate.low-energy",
        title="R_3 for columns that are not of unit length",
        statement=r"\|UU^\top W\|_F^2 = \sum_l \langle U_l, W\rangle^2, \quad U^\top U = 2I",
        fault="columns of squared length 2",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "weak_duality_split",
        old="INR n / (4 * lambda1)",
        new="INR n / (8 * lambda1)",
        id="control.formal-weak-duality-split",
        control_of="certificate.weak-duality",
        title="Weak duality with half the price of the slopes of R_1",
        statement=r"L_\lambda(W) \ge \ldots - \tfrac{n}{8\lambda_1}\|\rho\|^2 - \ldots",
        fault="8 λ1 for 4 λ1",
        bound=LOWER,
    ),
    PROOFS.control(
        "weak_duality_computed",
        old="+ 4 * (2 * t",
        new="+ 8 * (2 * t",
        id="control.formal-weak-duality-computed",
        control_of="certificate.computed",
        title="The certificate from factorisations with twice the shift",
        statement=r"L_\lambda(W) \ge \ldots, \quad C_r + 16t\lambda_4 s_r I = L_rD_rL_r^\top",
        fault="16 t λ4 for 8 t λ4",
        bound=LOWER,
    ),
    PROOFS.control(
        "conjugate_squared",
        old=_FALSE["conjugate_squared"][0],
        new=_FALSE["conjugate_squared"][1],
        negation="conjugate_squared_twin_false",
        id="control.formal-conjugate-squared",
        control_of="certificate.conjugate-squared",
        title="Conjugate of the squared loss, half its quadratic part",
        statement=r"u z - (z-y)^2 \le u y + \tfrac18 u^2",
        fault="1/8 for 1/4",
        bound=UPPER,
    ),
    PROOFS.control(
        "conjugate_logcosh",
        old="(1 - u)) / 2",
        new="(1 - u)) / 4",
        id="control.formal-conjugate-logcosh",
        control_of="certificate.conjugate-logcosh",
        title="Conjugate of log cosh, half its entropy",
        statement=r"u z - \log\cosh(z-y) \le u y + \tfrac14\left[(1+u)\log(1+u) + (1-u)\log(1-u)\right]",
        fault="1/4 for 1/2",
        bound=UPPER,
    ),
    PROOFS.control(
        "conjugate_logcosh_attained",
        old="(ln (1 + u) - ln (1 - u)) / 2",
        new="(ln (1 + u) - ln (1 - u))",
        id="control.formal-conjugate-logcosh-attained",
        control_of="certificate.conjugate-logcosh-attained",
        title="The conjugate of log cosh attained elsewhere",
        statement=r"z = y + \log\frac{1+u}{1-u}",
        fault="the factor 1/2 dropped",
        bound=IDENTITY,
    ),
    PROOFS.control(
        "fenchel_young",
        old="(INR n * nu) ^ 2 / 4",
        new="(INR n * nu) ^ 2 / 8",
        id="control.formal-fenchel-young",
        control_of="certificate.fenchel-young",
        title="The squared loss above a line that is too high",
        statement=r"\tfrac1n(z-y)^2 \ge \nu z - \tfrac1n\left[n\nu y + \tfrac18 n^2\nu^2\right]",
        fault="1/8 for 1/4",
        bound=LOWER,
    ),
)

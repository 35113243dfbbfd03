"""Coq proofs on the good directions: projectors on eigenvectors of Σ, and what f_L has left beside them.

A movement is an m×d array; u_0, u_1, … is an orthonormal basis of m·d eigenvectors, counted from 0, so λ_K in a
theorem is λ_{K+1} in a formula: with K = n_k the first eigenvalue beyond the top n_k. Here P_≤ is the projector on
u_1, …, u_K; that a route of the training code gives it is `directions.projector` and `directions.routes`.
"""

from __future__ import annotations

from verify.bound import IDENTITY, LOWER, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

STATEMENTS = {
    "low_symmetric": """\
forall (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  P_low K u r i s j = P_low K u s j r i
""",
    "high_symmetric": """\
forall (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  P_high K u r i s j = P_high K u s j r i
""",
    "low_idempotent": """\
forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> idempotent m d (P_low K u)
""",
    "complementary": """\
forall (m d K : nat) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  orthonormal m d u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_low K u) W r i + apply m d (P_high K u) W r i = W r i /\\
  apply m d (P_low K u) (apply m d (P_high K u) W) r i = 0 /\\
  apply m d (P_high K u) (apply m d (P_low K u) W) r i = 0
""",
    "high_idempotent": """\
forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> idempotent m d (P_high K u)
""",
    "low_trace": """\
forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> sum m (fun r => sum d (fun i => P_low K u r i r i)) = INR K
""",
    "complete": """\
forall (m d : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  orthonormal m d u -> (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  sum (m * d) (fun k => u k r i * u k s j) = delta r s * delta i j
""",
    "parseval": """\
forall (m d : nat) (u : nat -> nat -> nat -> R) (V W : nat -> nat -> R),
  orthonormal m d u -> inner m d V W = sum (m * d) (fun k => inner m d (u k) V * inner m d (u k) W)
""",
    "diagonal": """\
forall (m d : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (r < m)%nat -> (i < d)%nat ->
  apply m d Sigma W r i = sum (m * d) (fun k => lambda k * inner m d (u k) W * u k r i)
""",
    "sigma_symmetric": """\
forall (m d : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (r i s j : nat),
  eigenbasis m d Sigma lambda u -> (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  Sigma r i s j = Sigma s j r i
""",
    "low_commutes": """\
forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_low K u) (apply m d Sigma W) r i = apply m d Sigma (apply m d (P_low K u) W) r i
""",
    "high_commutes": """\
forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_high K u) (apply m d Sigma W) r i = apply m d Sigma (apply m d (P_high K u) W) r i
""",
    "pythagoras": """\
forall (m d K : nat) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat ->
  inner m d W W = inner m d (apply m d (P_low K u) W) (apply m d (P_low K u) W)
                + inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W)
""",
    "high_bound": """\
forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (K < m * d)%nat ->
  inner m d (apply m d (P_high K u) W) (apply m d Sigma (apply m d (P_high K u) W))
    <= lambda K * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W)
""",
    "low_bound": """\
forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (0 < K)%nat -> (K <= m * d)%nat ->
  lambda (K - 1)%nat * inner m d (apply m d (P_low K u) W) (apply m d (P_low K u) W)
    <= inner m d (apply m d (P_low K u) W) (apply m d Sigma (apply m d (P_low K u) W))
""",
    "high_bound_attained": """\
forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> (K < m * d)%nat ->
  inner m d (apply m d (P_high K u) (u K)) (apply m d Sigma (apply m d (P_high K u) (u K))) = lambda K /\\
  inner m d (apply m d (P_high K u) (u K)) (apply m d (P_high K u) (u K)) = 1
""",
    "energy": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R) (omega : nat -> R)
    (V : nat -> nat -> R),
  sum n (fun p => omega p * f_L s1 m d a w0 V (X p) ^ 2)
    = inner m d V (apply m d (covariance s1 n m d a w0 X omega) V)
""",
    "energy_beside_good_directions": """\
forall (s1 : R -> R) (n m d K : nat) (a : nat -> R)
    (w0 X : nat -> nat -> R) (omega lambda : nat -> R) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d (covariance s1 n m d a w0 X omega) lambda u -> nonincreasing (m * d) lambda ->
  (K < m * d)%nat ->
  sum n (fun p => omega p * f_L s1 m d a w0 (apply m d (P_high K u) W) (X p) ^ 2)
    <= lambda K * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W)
""",
}

# Mutated statements that are proved false: the index of an eigenvalue, or the trace, off by one.
_FALSE = {
    "low_trace": ("INR K", "INR (S K)"),
    "high_bound": ("<= lambda K", "<= lambda (S K)"),
    "energy_beside_good_directions": ("<= lambda K", "<= lambda (S K)"),
    "low_bound": ("lambda (K - 1)%nat", "lambda (K - 2)%nat"),
}
PROOFS = Proofs(
    module="Spectral",
    layer=LAYER,
    statements=STATEMENTS
    | {f"{name}_twin_false": f"~ ({STATEMENTS[name].replace(*change)})" for name, change in _FALSE.items()},
)
BASIS = "every m, d, K ≤ md, every orthonormal basis"
OPERATOR = "every Σ with an orthonormal basis of eigenvectors"
EIGEN = f"every m, d, K ≤ md, {OPERATOR}"
ORTHONORMAL = r"$u_1, \dots, u_{md}$ an orthonormal basis of $\mathbb{R}^{m\times d}$"
SPECTRAL = rf"{ORTHONORMAL}, $\Sigma u_k = \lambda_k u_k$"
PROJECTORS = r"$P_\le = \sum_{k\le K} u_ku_k^\top$, $P_> = I - P_\le$"
BESIDE = f"every m, d, K < md, {OPERATOR}"
BEYOND = r"$K < md$"
ORDERED = r"$\lambda_1 \ge \lambda_2 \ge \dots$"
SOURCE = "classical; the statement for operators on movements is this project's"

CLAIMS = (
    Claim(
        id="directions.projector-algebra",
        title="Projectors on and beside orthonormal vectors",
        statement=r"P_\le^2 = P_\le = P_\le^\top, \quad P_>^2 = P_> = P_>^\top, \quad "
        r"P_\le + P_> = I, \quad P_\le P_> = P_> P_\le = 0, \quad \mathrm{tr}\,P_\le = K",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(ORTHONORMAL, PROJECTORS, r"$K \le md$"),
        checks=(
            PROOFS.check("low_idempotent", scope=BASIS),
            PROOFS.check("high_idempotent", scope=BASIS),
            PROOFS.check("low_symmetric", scope=BASIS),
            PROOFS.check("high_symmetric", scope=BASIS),
            PROOFS.check("complementary", scope=BASIS),
            PROOFS.check("low_trace", scope=BASIS),
        ),
    ),
    Claim(
        id="directions.eigenbasis",
        title="An orthonormal eigenbasis is complete and makes Σ diagonal",
        statement=r"\sum_k u_ku_k^\top = I, \quad \langle V, W\rangle = \sum_k \langle u_k, V\rangle"
        r"\langle u_k, W\rangle, \quad \Sigma = \sum_k \lambda_k u_ku_k^\top, \quad \Sigma = \Sigma^\top",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(SPECTRAL,),
        depends_on=("directions.projector-algebra",),
        checks=(
            PROOFS.check("complete", scope="every m, d, every orthonormal basis"),
            PROOFS.check("parseval", scope="every m, d, every orthonormal basis"),
            PROOFS.check("diagonal", scope=f"every m, d, {OPERATOR}"),
            PROOFS.check("sigma_symmetric", scope=f"every m, d, {OPERATOR}"),
        ),
    ),
    Claim(
        id="directions.commute",
        title="The projectors commute with Σ",
        statement=r"P_\le\Sigma = \Sigma P_\le, \quad P_>\Sigma = \Sigma P_>",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(SPECTRAL, PROJECTORS, r"$K \le md$"),
        depends_on=("directions.eigenbasis",),
        checks=(PROOFS.check("low_commutes", scope=EIGEN), PROOFS.check("high_commutes", scope=EIGEN)),
    ),
    Claim(
        id="directions.pythagoras",
        title="The two parts of a movement are orthogonal",
        statement=r"\|W\|_F^2 = \|P_\le W\|_F^2 + \|P_>W\|_F^2",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(ORTHONORMAL, PROJECTORS, r"$K \le md$"),
        depends_on=("directions.eigenbasis",),
        checks=(PROOFS.check("pythagoras", scope=BASIS),),
    ),
    Claim(
        id="directions.energy",
        title="Energy of f_L is the quadratic form of Σ",
        statement=r"\sum_p \omega_p\,f_L(x_p;V)^2 = \langle V, \Sigma V\rangle, \quad "
        r"\Sigma = \sum_p \omega_p\,\varphi(x_p)\varphi(x_p)^\top",
        bound=IDENTITY,
        source="this project",
        depends_on=("loss.model-gradients",),
        checks=(PROOFS.check("energy", scope="every m, n, d, σ', any points with any weights"),),
    ),
    Claim(
        id="directions.low-degree-bound",
        title="The good directions have energy",
        statement=r"\langle P_\le W, \Sigma P_\le W\rangle \ge \lambda_K\,\|P_\le W\|_F^2",
        bound=LOWER,
        source=SOURCE,
        assumptions=(SPECTRAL, ORDERED, PROJECTORS, r"$1 \le K \le md$"),
        depends_on=("directions.eigenbasis",),
        checks=(PROOFS.check("low_bound", scope=f"{EIGEN}, K ≥ 1"),),
    ),
    Claim(
        id="directions.high-degree-form",
        title="The directions beside have little energy",
        statement=r"\langle V, \Sigma V\rangle \le \lambda_{K+1}\,\|V\|_F^2, \quad V = P_>W",
        bound=UPPER,
        source=SOURCE,
        assumptions=(SPECTRAL, ORDERED, PROJECTORS, BEYOND),
        depends_on=("directions.eigenbasis",),
        checks=(PROOFS.check("high_bound", scope=BESIDE),),
    ),
    Claim(
        id="directions.high-degree-attained",
        title="The bound beside the good directions is attained",
        statement=r"\langle V, \Sigma V\rangle = \lambda_{K+1}, \quad \|V\|_F = 1, \quad V = P_>u_{K+1}",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(SPECTRAL, PROJECTORS, BEYOND),
        depends_on=("directions.eigenbasis",),
        checks=(PROOFS.check("high_bound_attained", scope=BESIDE),),
    ),
    PROOFS.control(
        "low_symmetric",
        old="u s j r i",
        new="u s i r j",
        id="control.formal-low-symmetric",
        control_of="directions.projector-algebra",
        title="P_≤ equal to its transpose in the neurons alone",
        statement=r"P_\le[r,i,s,j] = P_\le[s,i,r,j]",
        fault="the coordinates are not exchanged",
    ),
    PROOFS.control(
        "high_symmetric",
        old="u s j r i",
        new="u s i r j",
        id="control.formal-high-symmetric",
        control_of="directions.projector-algebra",
        title="P_> equal to its transpose in the neurons alone",
        statement=r"P_>[r,i,s,j] = P_>[s,i,r,j]",
        fault="the coordinates are not exchanged",
    ),
    PROOFS.control(
        "low_idempotent",
        old="K <= m * d",
        new="K <= m * d + 1",
        id="control.formal-low-idempotent",
        control_of="directions.projector-algebra",
        title="P_≤ with more vectors than dimensions",
        statement=r"P_\le^2 = P_\le, \quad K \le md + 1",
        fault="one vector too many",
    ),
    PROOFS.control(
        "high_idempotent",
        old="K <= m * d",
        new="K <= m * d + 1",
        id="control.formal-high-idempotent",
        control_of="directions.projector-algebra",
        title="P_> with more vectors than dimensions",
        statement=r"P_>^2 = P_>, \quad K \le md + 1",
        fault="one vector too many",
    ),
    PROOFS.control(
        "complementary",
        old="(P_low K u) W r i + apply",
        new="(P_low K u) W r i - apply",
        id="control.formal-complementary",
        control_of="directions.projector-algebra",
        title="P_≤ - P_> = I",
        statement=r"P_\le - P_> = I",
        fault="sign of P_>",
    ),
    PROOFS.control(
        "low_trace",
        old=_FALSE["low_trace"][0],
        new=_FALSE["low_trace"][1],
        negation="low_trace_twin_false",
        id="control.formal-low-trace",
        control_of="directions.projector-algebra",
        title="Trace with one direction too many",
        statement=r"\mathrm{tr}\,P_\le = K + 1",
        fault="K off by one",
    ),
    PROOFS.control(
        "complete",
        old="delta r s * delta i j",
        new="delta r s",
        id="control.formal-complete",
        control_of="directions.eigenbasis",
        title="Completeness with a matrix of ones",
        statement=r"\sum_k u_k[r,i]\,u_k[s,j] = \delta_{rs}",
        fault="δ_ij dropped",
    ),
    PROOFS.control(
        "parseval",
        old="inner m d (u k) V * inner m d (u k) W",
        new="inner m d (u k) V * inner m d (u k) V",
        id="control.formal-parseval",
        control_of="directions.eigenbasis",
        title="Parseval's identity with one argument twice",
        statement=r"\langle V, W\rangle = \sum_k \langle u_k, V\rangle^2",
        fault="V for W",
    ),
    PROOFS.control(
        "diagonal",
        old="lambda k *",
        new="lambda k ^ 2 *",
        id="control.formal-diagonal",
        control_of="directions.eigenbasis",
        title="Σ with the squares of its eigenvalues",
        statement=r"\Sigma W = \sum_k \lambda_k^2\,\langle u_k, W\rangle\,u_k",
        fault="eigenvalues squared",
    ),
    PROOFS.control(
        "sigma_symmetric",
        old="Sigma s j r i",
        new="- Sigma s j r i",
        id="control.formal-sigma-symmetric",
        control_of="directions.eigenbasis",
        title="Σ antisymmetric",
        statement=r"\Sigma = -\Sigma^\top",
        fault="sign",
    ),
    PROOFS.control(
        "low_commutes",
        old="apply m d Sigma (apply m d (P_low K u) W)",
        new="apply m d Sigma (apply m d (P_high K u) W)",
        id="control.formal-low-commutes",
        control_of="directions.commute",
        title="P_≤ exchanged for P_>",
        statement=r"P_\le\Sigma = \Sigma P_>",
        fault="P_> for P_≤",
    ),
    PROOFS.control(
        "high_commutes",
        old="apply m d Sigma (apply m d (P_high K u) W)",
        new="apply m d Sigma (apply m d (P_low K u) W)",
        id="control.formal-high-commutes",
        control_of="directions.commute",
        title="P_> exchanged for P_≤",
        statement=r"P_>\Sigma = \Sigma P_\le",
        fault="P_≤ for P_>",
    ),
    PROOFS.control(
        "pythagoras",
        old="(apply m d (P_high K u) W) (apply m d (P_high K u) W)",
        new="(apply m d (P_high K u) W) (apply m d (P_low K u) W)",
        id="control.formal-pythagoras",
        control_of="directions.pythagoras",
        title="Pythagoras with the mixed product",
        statement=r"\|W\|_F^2 = \|P_\le W\|_F^2 + \langle P_>W, P_\le W\rangle",
        fault="P_≤W for one of the two P_>W",
    ),
    PROOFS.control(
        "high_bound",
        old=_FALSE["high_bound"][0],
        new=_FALSE["high_bound"][1],
        negation="high_bound_twin_false",
        id="control.formal-high-bound",
        control_of="directions.high-degree-form",
        title="Quadratic form bounded by the next eigenvalue",
        statement=r"\langle V, \Sigma V\rangle \le \lambda_{K+2}\,\|V\|_F^2, \quad V = P_>W",
        fault="index K + 2 for K + 1",
        bound=UPPER,
    ),
    PROOFS.control(
        "energy_beside_good_directions",
        old=_FALSE["energy_beside_good_directions"][0],
        new=_FALSE["energy_beside_good_directions"][1],
        negation="energy_beside_good_directions_twin_false",
        id="control.formal-energy-beside-good-directions",
        control_of="directions.high-degree-bound",
        title="Energy of f_L bounded by the next eigenvalue",
        statement=r"\mathbb{E}\,f_L(x;P_>W)^2 \le \lambda_{n_k+2}\,\|P_>W\|_F^2",
        fault="index n_k + 2 for n_k + 1",
        bound=UPPER,
    ),
    PROOFS.control(
        "low_bound",
        old=_FALSE["low_bound"][0],
        new=_FALSE["low_bound"][1],
        negation="low_bound_twin_false",
        id="control.formal-low-bound",
        control_of="directions.low-degree-bound",
        title="Lower bound with the previous eigenvalue",
        statement=r"\langle P_\le W, \Sigma P_\le W\rangle \ge \lambda_{K-1}\,\|P_\le W\|_F^2",
        fault="index K - 1 for K",
        bound=LOWER,
    ),
    PROOFS.control(
        "high_bound_attained",
        old="= lambda K",
        new="= lambda (S K)",
        id="control.formal-high-bound-attained",
        control_of="directions.high-degree-attained",
        title="Energy bound attained at the next eigenvalue",
        statement=r"\langle V, \Sigma V\rangle = \lambda_{K+2}\,\|V\|_F^2, \quad V = P_>u_{K+1}",
        fault="index K + 2 for K + 1",
    ),
    PROOFS.control(
        "energy",
        old="omega p * f_L",
        new="omega p ^ 2 * f_L",
        id="control.formal-energy",
        control_of="directions.energy",
        title="Energy with squared weights",
        statement=r"\sum_p \omega_p^2\,f_L(x_p;V)^2 = \langle V, \Sigma V\rangle",
        fault="weights squared",
    ),
)

"""Coq proofs on random signs: the list of sign vectors, the terms under signs, and what is left in ran P_≤."""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

SOURCE = "this project"
FAIR = r"$S_r$ independent fair signs"
ORTHONORMAL = r"$P_\le = \sum_{k<K} U_k U_k^\top$, $\langle U_k, U_l\rangle = \delta_{kl}$"
EVERY = "every m, d, w_0, W and x"

_STATEMENTS = {
    "count": """
forall m : nat, length (signs m) = (2 ^ m)%nat
""",
    "sound": r"""
forall (m : nat) (S : nat -> R) (r : nat), In S (signs m) -> (r < m)%nat -> S r = 1 \/ S r = -1
""",
    "complete": r"""
forall (m : nat) (T : nat -> R), (forall r, (r < m)%nat -> T r = 1 \/ T r = -1) ->
  exists S, In S (signs m) /\ forall r, (r < m)%nat -> S r = T r
""",
    "distinct": r"""
forall (m i j : nat), (i < 2 ^ m)%nat -> (j < 2 ^ m)%nat -> i <> j ->
  exists r, (r < m)%nat /\ nth i (signs m) (fun _ => 0) r <> nth j (signs m) (fun _ => 0) r
""",
    "linear": """
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => f_L s1 m d a w0 (signed W S) x ^ 2)
    = / INR m * sum m (fun r => s1 (dot d (w0 r) x) ^ 2 * dot d (W r) x ^ 2)
""",
    "linear_mean": """
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => f_L s1 m d a w0 (signed W S) x) = 0
""",
    "quadratic": r"""
forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x S : nat -> R),
  (forall r, (r < m)%nat -> S r = 1 \/ S r = -1) ->
  f_Q s2 m d a w0 (signed W S) x = f_Q s2 m d a w0 W x
""",
    "cubic": """
forall (s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term 3 s3 m d a w0 (signed W S) x) = 0
""",
    "odd_terms": """
forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term (2 * j + 1) sj m d a w0 (signed W S) x) = 0
""",
    "even_terms": r"""
forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x S : nat -> R),
  (forall r, (r < m)%nat -> S r = 1 \/ S r = -1) ->
  term (2 * j) sj m d a w0 (signed W S) x = term (2 * j) sj m d a w0 W x
""",
    "linear_sample": """
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 W X : nat -> nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => / INR n * sum n (fun p => f_L s1 m d a w0 (signed W S) (X p) ^ 2))
    = / (INR m * INR n) * sum n (fun p =>
      sum m (fun r => s1 (dot d (w0 r) (X p)) ^ 2 * dot d (W r) (X p) ^ 2))
""",
    "linear_sample_bound": """
forall (s1 : R -> R) (M1 kappa : R) (n m d : nat) (a : nat -> R)
    (w0 W X : nat -> nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) -> (forall z, Rabs (s1 z) <= M1) ->
  (forall v, / INR n * sum n (fun p => dot d v (X p) ^ 2) <= kappa * dot d v v) ->
  average m (fun S => / INR n * sum n (fun p => f_L s1 m d a w0 (signed W S) (X p) ^ 2))
    <= M1 ^ 2 * kappa * / sqrt (INR m) * sqrt (sum m (fun r => dot d (W r) (W r) ^ 2))
""",
    "projection": """
forall (m d : nat) (P : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R),
  (forall r i s j, (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat -> P r i s j = P s j r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P (apply m d P V) r i = apply m d P V r i) ->
  average m (fun S => R_3 m d P (signed W S))
    = sum m (fun r => sum d (fun i => sum d (fun j => W r i * P r i r j * W r j)))
""",
    "projector_is_one": r"""
forall (K m d : nat) (U : nat -> nat -> nat -> R) (V : nat -> nat -> R) (r i s j : nat),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  projector K U r i s j = projector K U s j r i
  /\ apply m d (projector K U) (apply m d (projector K U) V) r i = apply m d (projector K U) V r i
""",
    "projector_trace": """
forall (K m d : nat) (U : nat -> nat -> nat -> R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  sum m (fun r => sum d (fun i => projector K U r i r i)) = INR K
""",
    "projection_bound": """
forall (K m d : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R) (b : R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  (forall r, (r < m)%nat -> dot d (W r) (W r) <= b) ->
  average m (fun S => R_3 m d (projector K U) (signed W S)) <= INR K * b
""",
    "linear_twin_false": """
~ (forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => f_L s1 m d a w0 (signed W S) x ^ 2)
    = 2 / INR m * sum m (fun r => s1 (dot d (w0 r) x) ^ 2 * dot d (W r) x ^ 2))
""",
    "cubic_twin_false": """
~ (forall (s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term 2 s3 m d a w0 (signed W S) x) = 0)
""",
    "projection_bound_twin_false": """
~ (forall (K m d : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R) (b : R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  (forall r, (r < m)%nat -> dot d (W r) (W r) <= b) ->
  average m (fun S => R_3 m d (projector K U) (signed W S)) <= b)
""",
}

PROOFS = Proofs("Signs", LAYER, {name: text.strip() for name, text in _STATEMENTS.items()})

CLAIMS = (
    Claim(
        id="taylor.sign-vectors",
        title="The list of sign vectors",
        statement=r"\{\pm1\}^m \text{ is listed completely, without duplicates, with } 2^m \text{ members}",
        bound=IDENTITY,
        source=SOURCE,
        checks=(
            PROOFS.check("count", scope="every m: 2^m members"),
            PROOFS.check("sound", scope="every m: only sign vectors are listed"),
            PROOFS.check("complete", scope="every m: every sign vector is listed"),
            PROOFS.check("distinct", scope="every m: members at different places differ"),
        ),
    ),
    Claim(
        id="taylor.sign-parity",
        title="Odd terms average out, even terms do not see signs",
        statement=r"\mathbb{E}_S\,f^{(2j+1)}(x;W\odot S) = 0, \quad f^{(2j)}(x;W\odot S) = f^{(2j)}(x;W)",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(FAIR,),
        depends_on=("taylor.sign-vectors",),
        checks=(
            PROOFS.check("odd_terms", scope=f"every j, {EVERY}"),
            PROOFS.check("even_terms", scope=f"every j and sign vector, {EVERY}"),
        ),
    ),
    Claim(
        id="taylor.sign-linear-mean",
        title="f_L averages out",
        statement=r"\mathbb{E}_S\,f_L(x;W\odot S) = 0",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(FAIR,),
        depends_on=("taylor.sign-vectors",),
        checks=(PROOFS.check("linear_mean", scope=EVERY),),
    ),
    Claim(
        id="taylor.sign-sample",
        title="Energy of f_L under random signs on a sample",
        statement=r"\mathbb{E}_S\,\frac1n\sum_p f_L(x_p;W\odot S)^2 = "
        r"\frac1{mn}\sum_p\sum_r \sigma'(w_{0,r}\cdot x_p)^2 (w_r\cdot x_p)^2",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(FAIR, r"$a_r = \pm1$"),
        depends_on=("taylor.sign-linear",),
        checks=(PROOFS.check("linear_sample", scope=f"every n, {EVERY}"),),
    ),
    Claim(
        id="taylor.sign-sample-bound",
        title="Random signs leave f_L small on a sample",
        statement=r"\mathbb{E}_S\,\frac1n\sum_p f_L(x_p;W\odot S)^2 \le "
        r"\frac{M_1^2\kappa}{\sqrt m}\,\|W\|_{2,4}^2, \quad \kappa = \|X^\top X/n\|",
        bound=UPPER,
        source=SOURCE,
        assumptions=(FAIR, r"$a_r = \pm1$", r"$|\sigma'| \le M_1$"),
        depends_on=("taylor.sign-sample",),
        checks=(PROOFS.check("linear_sample_bound", scope=f"every n, X, {EVERY}"),),
    ),
    Claim(
        id="directions.sign-rank",
        title="The diagonal blocks of P_≤ share out its rank",
        statement=r"P_\le = P_\le^\top = P_\le^2, \quad \sum_r \mathrm{tr}\,(P_\le)_{rr} = K",
        bound=IDENTITY,
        source=SOURCE,
        assumptions=(ORTHONORMAL,),
        checks=(
            PROOFS.check("projector_is_one", scope="every K, m, d and orthonormal U"),
            PROOFS.check("projector_trace", scope="every K, m, d and orthonormal U"),
        ),
    ),
    Claim(
        id="directions.sign-bound",
        title="Random signs leave little in ran P_≤",
        statement=r"\mathbb{E}_S\,\|P_\le(W\odot S)\|_F^2 \le K \max_r \|w_r\|^2",
        bound=UPPER,
        source=SOURCE,
        assumptions=(FAIR, ORTHONORMAL),
        depends_on=("directions.sign-rank",),
        checks=(PROOFS.check("projection_bound", scope="every K, m, d, W and orthonormal U"),),
    ),
    PROOFS.control(
        "count",
        old="2 ^ m",
        new="2 ^ (m + 1)",
        id="control.formal-sign-count",
        control_of="taylor.sign-vectors",
        title="Twice as many sign vectors",
        statement=r"|\{\pm1\}^m| = 2^{m+1}",
        fault="m + 1 for m",
    ),
    PROOFS.control(
        "sound",
        old="\\/ S r = -1",
        new="\\/ S r = 0",
        id="control.formal-sign-sound",
        control_of="taylor.sign-vectors",
        title="Entries 1 and 0",
        statement=r"S_r \in \{1, 0\}",
        fault="0 for -1",
    ),
    PROOFS.control(
        "complete",
        old="T r = 1 \\/ T r = -1",
        new="T r = 1 \\/ T r = 0",
        id="control.formal-sign-complete",
        control_of="taylor.sign-vectors",
        title="Vectors of 1 and 0 are listed",
        statement=r"\{1, 0\}^m \text{ is among the sign vectors}",
        fault="0 for -1",
    ),
    PROOFS.control(
        "distinct",
        old="i <> j",
        new="(i <= j)%nat",
        id="control.formal-sign-distinct",
        control_of="taylor.sign-vectors",
        title="A sign vector differs from itself",
        statement=r"S_i \ne S_j \text{ for } i \le j",
        fault="i ≤ j for i ≠ j",
    ),
    PROOFS.control(
        "linear",
        old="/ INR m * sum",
        new="2 / INR m * sum",
        id="control.formal-sign-linear",
        control_of="taylor.sign-linear",
        title="Energy under signs, twice too large",
        statement=r"\mathbb{E}_S\,f_L(x;W\odot S)^2 = \frac2m \sum_r \sigma'(w_{0,r}\cdot x)^2 (w_r\cdot x)^2",
        fault="factor 2",
        negation="linear_twin_false",
    ),
    PROOFS.control(
        "linear_mean",
        old="f_L s1",
        new="f_Q s1",
        id="control.formal-sign-linear-mean",
        control_of="taylor.sign-linear-mean",
        title="The quadratic term claimed to average out",
        statement=r"\mathbb{E}_S\,f_Q(x;W\odot S) = 0",
        fault="f_Q for f_L",
    ),
    PROOFS.control(
        "quadratic",
        old="S r = 1 \\/ S r = -1",
        new="S r = 1 \\/ S r = 0",
        id="control.formal-sign-quadratic",
        control_of="taylor.sign-quadratic",
        title="f_Q claimed not to see which neurons move",
        statement=r"f_Q(x;W\odot S) = f_Q(x;W) \text{ for } S_r \in \{1, 0\}",
        fault="0 for -1",
    ),
    PROOFS.control(
        "cubic",
        old="term 3",
        new="term 2",
        id="control.formal-sign-cubic",
        control_of="taylor.sign-cubic",
        title="The second term claimed to average out",
        statement=r"\mathbb{E}_S\,f^{(2)}(x;W\odot S) = 0",
        fault="2 for 3",
        negation="cubic_twin_false",
    ),
    PROOFS.control(
        "odd_terms",
        old="2 * j + 1",
        new="2 * j",
        id="control.formal-sign-odd",
        control_of="taylor.sign-parity",
        title="Even terms claimed to average out",
        statement=r"\mathbb{E}_S\,f^{(2j)}(x;W\odot S) = 0",
        fault="2j for 2j + 1",
    ),
    PROOFS.control(
        "even_terms",
        old="term (2 * j) sj m d a w0 (signed W S) x = term (2 * j)",
        new="term (2 * j + 1) sj m d a w0 (signed W S) x = term (2 * j + 1)",
        id="control.formal-sign-even",
        control_of="taylor.sign-parity",
        title="Odd terms claimed not to see signs",
        statement=r"f^{(2j+1)}(x;W\odot S) = f^{(2j+1)}(x;W)",
        fault="2j + 1 for 2j",
    ),
    PROOFS.control(
        "linear_sample",
        old="/ (INR m * INR n)",
        new="/ (INR m ^ 2 * INR n)",
        id="control.formal-sign-sample",
        control_of="taylor.sign-sample",
        title="Energy on a sample with 1/m² for 1/m",
        statement=r"\mathbb{E}_S\,\frac1n\sum_p f_L(x_p;W\odot S)^2 = \frac1{m^2n}\sum_p\sum_r \dots",
        fault="m² for m",
    ),
    PROOFS.control(
        "linear_sample_bound",
        old="/ sqrt (INR m)",
        new="/ INR m",
        id="control.formal-sign-sample-bound",
        control_of="taylor.sign-sample-bound",
        title="Energy on a sample claimed to fall like 1/m",
        statement=r"\mathbb{E}_S\,\frac1n\sum_p f_L(x_p;W\odot S)^2 \le \frac{M_1^2\kappa}{m}\,\|W\|_{2,4}^2",
        fault="m for √m",
        bound=UPPER,
    ),
    PROOFS.control(
        "projection",
        old="W r i * P r i r j * W r j",
        new="2 * (W r i * P r i r j * W r j)",
        id="control.formal-sign-trace",
        control_of="directions.sign-trace",
        title="Energy of random signs in ran P_≤, twice too large",
        statement=r"\mathbb{E}_S\,\|P_\le(W\odot S)\|_F^2 = 2\sum_r w_r^\top (P_\le)_{rr}\,w_r",
        fault="factor 2",
    ),
    PROOFS.control(
        "projector_is_one",
        old="= projector K U s j r i",
        new="= - projector K U s j r i",
        id="control.formal-sign-symmetry",
        control_of="directions.sign-rank",
        title="P_≤ claimed antisymmetric",
        statement=r"P_\le = -P_\le^\top",
        fault="a sign",
    ),
    PROOFS.control(
        "projector_trace",
        old="= INR K",
        new="= INR (K + 1)",
        id="control.formal-sign-rank",
        control_of="directions.sign-rank",
        title="One direction too many",
        statement=r"\sum_r \mathrm{tr}\,(P_\le)_{rr} = K + 1",
        fault="K + 1 for K",
    ),
    PROOFS.control(
        "projection_bound",
        old="<= INR K * b",
        new="<= b",
        id="control.formal-sign-bound",
        control_of="directions.sign-bound",
        title="Random signs in ran P_≤ without the rank",
        statement=r"\mathbb{E}_S\,\|P_\le(W\odot S)\|_F^2 \le \max_r \|w_r\|^2",
        fault="rank dropped",
        negation="projection_bound_twin_false",
        bound=UPPER,
    ),
)

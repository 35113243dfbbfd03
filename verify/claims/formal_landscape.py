r"""Coq proofs on the landscape of the second-order model: the identity, the bound from it, every m, n, d.

⟨∇F(W), V⟩ and ∇²F(W)[V, V] are the first and second derivative of t ↦ F(W + tV) at 0, and E_S is the mean over the
list of all 2^m sign vectors.
"""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

_IDENTITY = {
    "gradient": """\
forall (ell l1 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R) (t : R),
  (forall p z, is_derive (ell p) z (l1 p z)) ->
  is_derive (fun u => loss ell s1 s2 n m d a w0 X (along W V u)) t
    (weighted l1 s1 s2 n m d a w0 X (along W V t)
      (fun x => f_L s1 m d a w0 V x + polar s2 m d a w0 (along W V t) V x))
""",
    "curvature": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  is_derive_n (fun u => loss ell s1 s2 n m d a w0 X (along W V u)) 2 0
    (weighted l2 s1 s2 n m d a w0 X W (fun x => (f_L s1 m d a w0 V x + polar s2 m d a w0 W V x) ^ 2)
     + weighted l1 s1 s2 n m d a w0 X W (fun x => polar s2 m d a w0 V V x))
""",
    "sign_curvature": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  let L := loss ell s1 s2 n m d a w0 X in
  average m (fun S => bend L W (signed V S)) = sum m (fun r => bend L W (only r V))
""",
    "identity": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  / INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p) - second_order s1 s2 m d a w0 W (X p)))
  = slope L W W_L
    - weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)
    + / 2 * average m (fun S => bend L W (signed W_Q S))
    - / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
    - / 2 * slope L W W
    - / 2 * slope L W (apply m d P_low W)
    + / 2 * weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (apply m d P_low W))
    - / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))
""",
}
_BOUND = {
    "convex_gap": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W : nat -> nat -> R) (best : nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, 0 <= l2 p z) ->
  loss ell s1 s2 n m d a w0 X W - / INR n * sum n (fun p => ell p (best p))
  <= - (/ INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (best p - second_order s1 s2 m d a w0 W (X p))))
""",
    "smooth_R_1": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_1 s1 n m d a w0 X P_high) W V
    (2 * (/ INR n * sum n (fun p => f_L s1 m d a w0 (apply m d P_high W) (X p)
                                    * f_L s1 m d a w0 (apply m d P_high V) (X p))))
    (2 * R_1 s1 n m d a w0 X P_high V)
""",
    "smooth_R_2": """\
forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_2 m d P_high Sigma) W V
    (inner m d (apply m d P_high W) (apply m d Sigma (apply m d P_high V))
     + inner m d (apply m d P_high V) (apply m d Sigma (apply m d P_high W)))
    (2 * R_2 m d P_high Sigma V)
""",
    "smooth_R_3": """\
forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_3 m d P_low) W V
    (2 * inner m d (apply m d P_low W) (apply m d P_low V))
    (2 * R_3 m d P_low V)
""",
    "smooth_R_4": """\
forall (m d : nat) (W V : nat -> nat -> R),
  smooth (R_4 m d) W V
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2) * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)))
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * sum m (fun r => dot d (W r) (W r) * dot d (V r) (V r) + 2 * dot d (W r) (V r) ^ 2)
     + 32 * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)) ^ 2)
""",
    "smooth_objective": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X : nat -> nat -> R) (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  let L := loss ell s1 s2 n m d a w0 X in
  let R1 := R_1 s1 n m d a w0 X P_high in
  let R2 := R_2 m d P_high Sigma in
  let R3 := R_3 m d P_low in
  let R4 := R_4 m d in
  smooth (objective ell s1 s2 n m d a w0 X P_low P_high Sigma lambda) W V
    (slope L W V + lambda 1%nat * slope R1 W V + lambda 2%nat * slope R2 W V + lambda 3%nat * slope R3 W V
     + lambda 4%nat * slope R4 W V)
    (bend L W V + lambda 1%nat * bend R1 W V + lambda 2%nat * bend R2 W V + lambda 3%nat * bend R3 W V
     + lambda 4%nat * bend R4 W V)
""",
    "stationary": """\
forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (eps gamma : R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, 0 <= l2 p z) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  let L_lambda := objective ell s1 s2 n m d a w0 X P_low P_high Sigma lambda in
  let V := turned m d P_low W W_L in
  (forall Z, Rabs (slope L_lambda W Z) <= eps * norm m d Z) ->
  (forall Z, - gamma * norm m d Z ^ 2 <= bend L_lambda W Z) ->
  L W - / INR n * sum n (fun p => ell p (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p)))
  <= eps * norm m d V + / 2 * gamma * norm m d W_Q ^ 2
     + weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (fun r i => W_L r i - / 2 * apply m d P_low W r i))
     + / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
     + / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))
     + lambda 1%nat * (slope (R_1 s1 n m d a w0 X P_high) W V
         + / 2 * average m (fun S => bend (R_1 s1 n m d a w0 X P_high) W (signed W_Q S)))
     + lambda 2%nat * (slope (R_2 m d P_high Sigma) W V
         + / 2 * average m (fun S => bend (R_2 m d P_high Sigma) W (signed W_Q S)))
     + lambda 3%nat * (slope (R_3 m d P_low) W V
         + / 2 * average m (fun S => bend (R_3 m d P_low) W (signed W_Q S)))
     + lambda 4%nat * (slope (R_4 m d) W V + / 2 * average m (fun S => bend (R_4 m d) W (signed W_Q S)))
""",
    "signed_r1": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X W W_L W_Q : nat -> nat -> R)
    (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R1 := R_1 s1 n m d a w0 X P_high in
  slope R1 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R1 W (signed W_Q S))
  = average m (fun S => R1 (signed W_Q S)) - R1 W
""",
    "signed_r2": """\
forall (m d : nat) (W W_L W_Q : nat -> nat -> R)
    (P_low P_high Sigma : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R2 := R_2 m d P_high Sigma in
  slope R2 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R2 W (signed W_Q S))
  = average m (fun S => R2 (signed W_Q S)) - R2 W
""",
    "signed_r3": """\
forall (m d : nat) (W W_L W_Q : nat -> nat -> R) (P_low : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R3 := R_3 m d P_low in
  slope R3 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R3 W (signed W_Q S))
  = average m (fun S => R3 (signed W_Q S)) - 2 * R3 W + 2 * inner m d (apply m d P_low W) W_L
""",
    "signed_r4": """\
forall (m d : nat) (W W_L W_Q : nat -> nat -> R) (P_low : nat -> nat -> nat -> nat -> R),
  let T := sum m (fun r => dot d (W r) (W r) ^ 2) in
  slope (R_4 m d) W (turned m d P_low W W_L) + / 2 * average m (fun S => bend (R_4 m d) W (signed W_Q S))
  = - 4 * R_4 m d W
    + 8 * T * sum m (fun r => dot d (W r) (W r) * dot d (W r) (fun i => W_L r i - / 2 * apply m d P_low W r i))
    + 4 * T * sum m (fun r => dot d (W r) (W r) * dot d (W_Q r) (W_Q r) + 2 * dot d (W r) (W_Q r) ^ 2)
    + 16 * sum m (fun r => dot d (W r) (W r) ^ 2 * dot d (W r) (W_Q r) ^ 2)
""",
}

# Mutated statements that are proved false: all blocks, ½ dropped, the last term dropped, a loss that is not convex,
# the curvature term dropped, a factor 2 dropped, half a term.
_BLOCKS = ("sum m (fun r => bend L W (only r V))", "bend L W V")
_HALF = ("- / 2 * weighted l2", "- weighted l2")
_LAST = (
    "\n    - / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))",
    "",
)
_CONVEX = ("0 <= l2 p z", "-1 <= l2 p z")
_SADDLE = (" + / 2 * gamma * norm m d W_Q ^ 2", "")
_TWICE = ("(2 * inner m d (apply m d P_low W)", "(inner m d (apply m d P_low W)")
_SQUARE = ("+ 32 * sum", "+ 16 * sum")

PROOFS = Proofs(
    module="Landscape",
    layer=LAYER,
    statements=_IDENTITY
    | {
        "sign_curvature_twin_false": f"~ ({_IDENTITY['sign_curvature'].replace(*_BLOCKS)})",
        "identity_energy_twin_false": f"~ ({_IDENTITY['identity'].replace(*_HALF)})",
        "identity_high_twin_false": f"~ ({_IDENTITY['identity'].replace(*_LAST)})",
    },
)
BOUND = Proofs(
    module="LandscapeBound",
    layer=LAYER,
    statements=_BOUND
    | {
        "convex_gap_twin_false": f"~ ({_BOUND['convex_gap'].replace(*_CONVEX)})",
        "stationary_twin_false": f"~ ({_BOUND['stationary'].replace(*_SADDLE)})",
        "smooth_R_3_twin_false": f"~ ({_BOUND['smooth_R_3'].replace(*_TWICE)})",
        "smooth_R_4_twin_false": f"~ ({_BOUND['smooth_R_4'].replace(*_SQUARE)})",
    },
)
SCOPE = (
    "every m, n, d, every W, W_L, W_Q, every P_≤ + P_> = I, every twice differentiable ℓ, every σ' and σ''"
)

CLAIMS = (
    Claim(
        id="landscape.derivatives",
        title="Slope and curvature of the second-order model's loss along a line",
        statement=r"\langle\nabla L(W), V\rangle = \sum_i \ell'_i\,\big(f_L(x_i;V) + X(W,V)(x_i)\big), \quad "
        r"\nabla^2L(W)[V,V] = \sum_i \ell''_i\,\big(f_L(x_i;V) + X(W,V)(x_i)\big)^2 + "
        r"\sum_i \ell'_i\,X(V,V)(x_i)",
        bound=IDENTITY,
        source="this project",
        assumptions=(
            r"$f = f_L + f_Q$, "
            r"$X(U,V)(x) = m^{-1/2}\sum_r a_r \sigma''(w_{0,r}\cdot x)(u_r\cdot x)(v_r\cdot x)$",
            r"$\ell'_i, \ell''_i$: derivatives in the prediction at $f(x_i;W)$, divided by $n$",
        ),
        checks=(
            PROOFS.check("gradient", scope="every m, n, d, W, V, every point of the line, differentiable ℓ"),
            PROOFS.check("curvature", scope="every m, n, d, W, V, every twice differentiable ℓ"),
        ),
    ),
    Claim(
        id="landscape.smooth-regularizers",
        title="The regularizers are twice differentiable along lines",
        statement=r"\langle\nabla R_1, V\rangle = \tfrac2n\sum_i f_L(x_i;P_> W)\,f_L(x_i;P_> V), \quad "
        r"\langle\nabla R_2, V\rangle = \langle P_> W, \Sigma P_> V\rangle + "
        r"\langle P_> V, \Sigma P_> W\rangle, \quad "
        r"\langle\nabla R_3, V\rangle = 2\langle P_\le W, P_\le V\rangle, \quad "
        r"\nabla^2R_j[V,V] = 2R_j(V) \ (j \le 3), \quad "
        r"\langle\nabla R_4, V\rangle = 8T\sum_r\|w_r\|^2\,w_r\cdot v_r, \quad \nabla^2R_4[V,V] = "
        r"8T\sum_r\big(\|w_r\|^2\|v_r\|^2 + 2(w_r\cdot v_r)^2\big) + "
        r"32\Big(\sum_r\|w_r\|^2\,w_r\cdot v_r\Big)^2; \quad \text{all exist}",
        bound=IDENTITY,
        source="this project",
        assumptions=(r"$T = \sum_r\|w_r\|^4$",),
        checks=tuple(
            BOUND.check(f"smooth_R_{k}", scope=f"R_{k}: every m, n, d, W, V, P_≤, P_> and Σ")
            for k in (1, 2, 3, 4)
        ),
    ),
    Claim(
        id="landscape.smooth",
        title="The objective is twice differentiable along lines",
        statement=r"\langle\nabla L_\lambda, V\rangle = \langle\nabla L, V\rangle + "
        r"\sum_j \lambda_j\langle\nabla R_j, V\rangle, \quad \nabla^2L_\lambda[V,V] = \nabla^2L[V,V] + "
        r"\sum_j \lambda_j\nabla^2R_j[V,V], \quad \text{and both exist}",
        bound=IDENTITY,
        source="this project",
        assumptions=(r"$f = f_L + f_Q$, $\ell$ twice differentiable in the prediction",),
        depends_on=("landscape.derivatives", "landscape.smooth-regularizers"),
        checks=(
            BOUND.check(
                "smooth_objective",
                scope="every m, n, d, W, V, λ, every P_≤, P_> and Σ, every twice differentiable ℓ",
            ),
        ),
    ),
    Claim(
        id="landscape.tangent",
        title="A convex loss lies above its tangent in the predictions",
        statement=r"L(W) - \tfrac1n\sum_i \ell(y_i, f^*_i) \le \sum_i \ell'_i\,(f_i - f^*_i)",
        bound=UPPER,
        source="this project",
        assumptions=(r"$f = f_L + f_Q$, any values $f^*_i$, $\ell'' \ge 0$",),
        checks=(
            BOUND.check("convex_gap", scope="every m, n, d, W, every values f*_i, every ℓ with ℓ'' ≥ 0"),
        ),
    ),
    PROOFS.control(
        "gradient",
        old="(along W V t) V x",
        new="W V x",
        id="control.formal-landscape-gradient",
        control_of="landscape.derivatives",
        title="Slope along a line with the coupling at its start",
        statement=r"\tfrac{d}{dt}L(W+tV) = \sum_i \ell'_i\,\big(f_L(x_i;V) + X(W,V)(x_i)\big)",
        fault="X at W, not at W + tV",
    ),
    PROOFS.control(
        "curvature",
        old="(fun x => polar s2 m d a w0 V V x)",
        new="(fun x => 2 * polar s2 m d a w0 V V x)",
        id="control.formal-landscape-curvature",
        control_of="landscape.derivatives",
        title="The Hessian with the bend of the model counted twice",
        statement=r"\nabla^2L(W)[V,V] = \sum_i \ell''_i\,\big(f_L(x_i;V) + X(W,V)(x_i)\big)^2 + "
        r"2\sum_i \ell'_i\,X(V,V)(x_i)",
        fault="factor 2",
    ),
    PROOFS.control(
        "sign_curvature",
        old=_BLOCKS[0],
        new=_BLOCKS[1],
        negation="sign_curvature_twin_false",
        id="control.formal-sign-curvature",
        control_of="landscape.sign-curvature",
        title="Random signs that see the whole Hessian",
        statement=r"\mathbb{E}_S\nabla^2L[W_Q\odot S, W_Q\odot S] = \nabla^2L[W_Q, W_Q]",
        fault="the blocks off the diagonal too",
    ),
    PROOFS.control(
        "identity",
        old=_HALF[0],
        new=_HALF[1],
        negation="identity_energy_twin_false",
        id="control.formal-landscape-half",
        control_of="landscape.identity",
        title="The landscape identity without a factor ½",
        statement=r"\sum_i \ell'_i\,(f^*_i - f_i) = \ldots - \sum_i \ell''_i \sum_r g_r(x_i)^2 - \ldots",
        fault="the energy of the neurons without its factor ½",
    ),
    PROOFS.control(
        "identity",
        old=_LAST[0],
        new=_LAST[1],
        negation="identity_high_twin_false",
        id="control.formal-landscape-term",
        control_of="landscape.identity",
        title="The landscape identity without its last term",
        statement=r"\sum_i \ell'_i\,(f^*_i - f_i) = \ldots + \tfrac12\langle\ell', X(W, P_\le W)\rangle",
        fault="the high-degree linear part is missing",
    ),
    PROOFS.control(
        "identity",
        old="- weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)",
        new="+ weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)",
        id="control.formal-landscape-sign",
        control_of="landscape.identity",
        title="The landscape identity with a wrong sign at the coupling",
        statement=r"\sum_i \ell'_i\,(f^*_i - f_i) = \langle\nabla L, W_L\rangle + "
        r"\langle\ell', X(W, W_L)\rangle + \ldots",
        fault="plus for minus in front of X(W, W_L)",
    ),
    BOUND.control(
        "convex_gap",
        old=_CONVEX[0],
        new=_CONVEX[1],
        negation="convex_gap_twin_false",
        id="control.formal-landscape-tangent",
        control_of="landscape.tangent",
        title="A loss that is nearly convex, above its tangent",
        statement=r"L(W) - \tfrac1n\sum_i \ell(y_i, f^*_i) \le \sum_i \ell'_i\,(f_i - f^*_i) \ "
        r"(\ell'' \ge -1)",
        fault="a loss that is not convex",
        bound=UPPER,
    ),
    BOUND.control(
        "stationary",
        old=_SADDLE[0],
        new=_SADDLE[1],
        negation="stationary_twin_false",
        id="control.formal-stationary-curvature",
        control_of="landscape.stationary",
        title="A small gradient claimed to suffice",
        statement=r"L(W) - L(f^*) \le \varepsilon\,\|V\|_F + \text{coupling and regularizers}",
        fault="the curvature term is missing: at a saddle the gradient says nothing",
        bound=UPPER,
    ),
    BOUND.control(
        "stationary",
        old="+ / 2 * weighted l2",
        new="+ / 4 * weighted l2",
        id="control.formal-stationary-energy",
        control_of="landscape.stationary",
        title="The bound with half the energy of the neurons",
        statement=r"L(W) - L(f^*) \le \ldots + \tfrac14\sum_i\ell''_i\sum_r g_r(x_i)^2 + \ldots",
        fault="¼ for ½ at the energy of the neurons",
        bound=UPPER,
    ),
    BOUND.control(
        "smooth_R_1",
        old="(2 * R_1 s1 n m d a w0 X P_high V)",
        new="(R_1 s1 n m d a w0 X P_high V)",
        id="control.formal-smooth-r1",
        control_of="landscape.smooth-regularizers",
        title="The Hessian of R_1 without its factor 2",
        statement=r"\nabla^2R_1[V,V] = R_1(V)",
        fault="factor 2 dropped",
    ),
    BOUND.control(
        "smooth_R_2",
        old="\n     + inner m d (apply m d P_high V) (apply m d Sigma (apply m d P_high W))",
        new="",
        id="control.formal-smooth-r2",
        control_of="landscape.smooth-regularizers",
        title="The slope of R_2 from one of its two sides",
        statement=r"\langle\nabla R_2, V\rangle = \langle P_> W, \Sigma P_> V\rangle",
        fault="the movement of the left factor is missing",
    ),
    BOUND.control(
        "smooth_R_3",
        old=_TWICE[0],
        new=_TWICE[1],
        negation="smooth_R_3_twin_false",
        id="control.formal-smooth-r3",
        control_of="landscape.smooth-regularizers",
        title="The slope of R_3 without its factor 2",
        statement=r"\langle\nabla R_3, V\rangle = \langle P_\le W, P_\le V\rangle",
        fault="factor 2 dropped",
    ),
    BOUND.control(
        "smooth_R_4",
        old=_SQUARE[0],
        new=_SQUARE[1],
        negation="smooth_R_4_twin_false",
        id="control.formal-smooth-r4",
        control_of="landscape.smooth-regularizers",
        title="The Hessian of R_4 with half its last term",
        statement=r"\nabla^2R_4[V,V] = \ldots + 16\,\Big(\sum_r\|w_r\|^2\,w_r\cdot v_r\Big)^2",
        fault="16 for 32",
    ),
    BOUND.control(
        "smooth_objective",
        old="lambda 3%nat * bend R3 W V",
        new="lambda 3%nat * bend R2 W V",
        id="control.formal-smooth-objective",
        control_of="landscape.smooth",
        title="The Hessian of the objective with R_2 in the place of R_3",
        statement=r"\nabla^2L_\lambda = \ldots + \lambda_2\nabla^2R_2 + \lambda_3\nabla^2R_2 + "
        r"\lambda_4\nabla^2R_4",
        fault="R_2 for R_3",
    ),
    BOUND.control(
        "signed_r1",
        old="- R1 W",
        new="+ R1 W",
        id="control.formal-signed-r1",
        control_of="landscape.regularizers",
        title="What R_1 adds, with a wrong sign",
        statement=r"\langle\nabla R_1, V\rangle + \tfrac12\mathbb{E}_S\nabla^2R_1[W_Q\odot S, W_Q\odot S] = "
        r"\mathbb{E}_S R_1(W_Q\odot S) + R_1(W)",
        fault="plus for minus in front of R_1(W)",
    ),
    BOUND.control(
        "signed_r2",
        old="- R2 W",
        new="- 2 * R2 W",
        id="control.formal-signed-r2",
        control_of="landscape.regularizers",
        title="What R_2 adds, with R_2(W) counted twice",
        statement=r"\langle\nabla R_2, V\rangle + \tfrac12\mathbb{E}_S\nabla^2R_2[W_Q\odot S, W_Q\odot S] = "
        r"\mathbb{E}_S R_2(W_Q\odot S) - 2R_2(W)",
        fault="2 for 1 at R_2(W)",
    ),
    BOUND.control(
        "signed_r3",
        old="- 2 * R3 W",
        new="- R3 W",
        id="control.formal-signed-r3",
        control_of="landscape.regularizers",
        title="What R_3 adds, as if it were R_2",
        statement=r"\langle\nabla R_3, V\rangle + \tfrac12\mathbb{E}_S\nabla^2R_3[W_Q\odot S, W_Q\odot S] = "
        r"\mathbb{E}_S R_3(W_Q\odot S) - R_3(W) + 2\langle P_\le W, W_L\rangle",
        fault="1 for 2 at R_3(W)",
    ),
    BOUND.control(
        "signed_r4",
        old="16 *",
        new="32 *",
        id="control.formal-signed-r4",
        control_of="landscape.regularizers",
        title="What R_4 adds, with its last term doubled",
        statement=r"\langle\nabla R_4, V\rangle + \tfrac12\mathbb{E}_S\nabla^2R_4[W_Q\odot S, W_Q\odot S] = "
        r"\ldots + 32\sum_r\|w_r\|^4(w_r\cdot w_{Q,r})^2",
        fault="32 for 16 in the last term",
    ),
)

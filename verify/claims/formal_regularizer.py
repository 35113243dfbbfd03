"""Coq proofs on the regularizer and the training loss: gradients and Hessians, every entry, every m, n, d.

W is moved in one entry, so each theorem is a partial derivative: of R_1 … R_4, of the model, of the training loss.
"""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Check, Claim
from verify.claims.formal import LAYER
from verify.claims.model_derivatives import torch_derivatives
from verify.formal import Proofs
from verify.verdict import Kind

STATEMENTS = {
    "f_L_feature": """\
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_L s1 m d a w0 W x = inner m d (feature s1 m d a w0 x) W
""",
    "f_L_linear": """\
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R)
    (x : nat -> R) (c : R),
  f_L s1 m d a w0 (along U V c) x = f_L s1 m d a w0 U x + c * f_L s1 m d a w0 V x
""",
    "gradient_f_L": """\
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => f_L s1 m d a w0 (replaced W q l t) x) (W q l) (feature s1 m d a w0 x q l)
""",
    "gradient_r1": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high ->
  is_derive (fun t => R_1 s1 n m d a w0 X P_high (replaced W q l t)) (W q l)
    (2 / INR n * apply m d P_high (fun r i => sum n (fun p =>
      f_L s1 m d a w0 (apply m d P_high W) (X p) * feature s1 m d a w0 (X p) r i)) q l)
""",
    "hessian_r1": """\
forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_high ->
  is_derive (fun t => partial (R_1 s1 n m d a w0 X P_high) (replaced W s j t) q l) (W s j)
    (2 / INR n * sum n (fun p => apply m d P_high (feature s1 m d a w0 (X p)) q l
                               * apply m d P_high (feature s1 m d a w0 (X p)) s j))
""",
    "gradient_r2": """\
forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high -> symmetric m d Sigma ->
  is_derive (fun t => R_2 m d P_high Sigma (replaced W q l t)) (W q l)
    (2 * apply m d P_high (apply m d Sigma (apply m d P_high W)) q l)
""",
    "hessian_r2": """\
forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_high -> symmetric m d Sigma ->
  is_derive (fun t => partial (R_2 m d P_high Sigma) (replaced W s j t) q l) (W s j)
    (2 * apply m d P_high (apply m d Sigma (fun r i => P_high r i s j)) q l)
""",
    "gradient_r3": """\
forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_low -> idempotent m d P_low ->
  is_derive (fun t => R_3 m d P_low (replaced W q l t)) (W q l) (2 * apply m d P_low W q l)
""",
    "hessian_r3": """\
forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_low -> idempotent m d P_low ->
  is_derive (fun t => partial (R_3 m d P_low) (replaced W s j t) q l) (W s j) (2 * P_low q l s j)
""",
    "gradient_r4": """\
forall (m d : nat) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => R_4 m d (replaced W q l t)) (W q l)
    (8 * sum m (fun s => dot d (W s) (W s) ^ 2) * dot d (W q) (W q) * W q l)
""",
    "hessian_r4": """\
forall (m d : nat) (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  is_derive (fun t => partial (R_4 m d) (replaced W s j t) q l) (W s j)
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * (dot d (W q) (W q) * delta l j + 2 * W q l * W q j) * delta q s
     + 32 * dot d (W q) (W q) * dot d (W s) (W s) * W q l * W s j)
""",
    "homogeneous_r4": """\
forall (m d : nat) (W : nat -> nat -> R) (t : R),
  R_4 m d (fun r i => t * W r i) = t ^ 8 * R_4 m d W
""",
    "convex_r4": """\
forall (m d : nat) (U V : nat -> nat -> R) (s : R),
  0 <= s <= 1 -> R_4 m d (fun r i => (1 - s) * U r i + s * V r i) <= (1 - s) * R_4 m d U + s * R_4 m d V
""",
    "gradient_network": """\
forall (s0 s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => network s0 m d a w0 (replaced W q l t) x) (W q l)
    (/ sqrt (INR m) * (a q * s1 (dot d (fun i => w0 q i + W q i) x) * x l))
""",
    "hessian_network": """\
forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive (fun t => partial (fun V => network s0 m d a w0 V x) (replaced W s j t) q l) (W s j)
    (/ sqrt (INR m) * (a q * s2 (dot d (fun i => w0 q i + W q i) x) * x l * x j * delta q s))
""",
    "gradient_f_Q": """\
forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => f_Q s2 m d a w0 (replaced W q l t) x) (W q l)
    (/ sqrt (INR m) * (a q * s2 (dot d (w0 q) x) * dot d (W q) x * x l))
""",
    "gradient_loss": """\
forall (loss loss1 : R -> R -> R) (s0 s1 : R -> R) (n m d : nat) (a y : nat -> R)
    (w0 W X : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  (forall u z, is_derive (loss u) z (loss1 u z)) -> (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => / INR n * sum n (fun p =>
      loss (y p) (network s0 m d a w0 (replaced W q l t) (X p)))) (W q l)
    (/ INR n * / sqrt (INR m) * sum n (fun p => loss1 (y p) (network s0 m d a w0 W (X p))
      * a q * s1 (dot d (fun i => w0 q i + W q i) (X p)) * X p l))
""",
    "hessian_loss": """\
forall (loss loss1 loss2 : R -> R -> R) (s0 s1 s2 : R -> R) (n m d : nat)
    (a y : nat -> R) (w0 W X : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  (forall u z, is_derive (loss u) z (loss1 u z)) -> (forall u z, is_derive (loss1 u) z (loss2 u z)) ->
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive (fun t => partial (fun V => / INR n * sum n (fun p =>
      loss (y p) (network s0 m d a w0 V (X p)))) (replaced W s j t) q l) (W s j)
    (/ INR n * sum n (fun p =>
        loss2 (y p) (network s0 m d a w0 W (X p))
          * (/ sqrt (INR m) * (a s * s1 (dot d (fun i => w0 s i + W s i) (X p)) * X p j))
          * (/ sqrt (INR m) * (a q * s1 (dot d (fun i => w0 q i + W q i) (X p)) * X p l))
        + loss1 (y p) (network s0 m d a w0 W (X p))
          * (/ sqrt (INR m) * (a q * s2 (dot d (fun i => w0 q i + W q i) (X p))
              * X p l * X p j * delta q s))))
""",
    "gradient_loss_quadratic": """\
forall (loss loss1 : R -> R -> R) (s1 s2 : R -> R) (n m d : nat)
    (a y : nat -> R) (w0 W X : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> (forall u z, is_derive (loss u) z (loss1 u z)) ->
  is_derive (fun t => / INR n * sum n (fun p => loss (y p)
      (f_L s1 m d a w0 (replaced W q l t) (X p) + f_Q s2 m d a w0 (replaced W q l t) (X p)))) (W q l)
    (/ INR n * / sqrt (INR m) * sum n (fun p =>
      loss1 (y p) (f_L s1 m d a w0 W (X p) + f_Q s2 m d a w0 W (X p))
      * a q * (s1 (dot d (w0 q) (X p)) + s2 (dot d (w0 q) (X p)) * dot d (W q) (X p)) * X p l))
""",
}

# Mutated statements that are proved false: 2 -> 1, a projection dropped, 8 -> 4, 32 -> 16.
_FALSE = {
    "gradient_r1": ("2 / INR n", "1 / INR n"),
    "gradient_r2": (
        "apply m d P_high (apply m d Sigma (apply m d P_high W)) q l",
        "apply m d Sigma (apply m d P_high W) q l",
    ),
    "gradient_r3": ("2 * apply", "1 * apply"),
    "gradient_r4": ("8 *", "4 *"),
    "hessian_r4": ("32 *", "16 *"),
}
PROOFS = Proofs(
    module="Regularizer",
    layer=LAYER,
    statements=STATEMENTS
    | {f"{name}_twin_false": f"~ ({STATEMENTS[name].replace(*change)})" for name, change in _FALSE.items()},
)
ENTRIES = "every m, n, d, every entry, every features and symmetric operators"

CLAIMS = (
    Claim(
        id="loss.model-gradients",
        title="Gradients of the network and of its Taylor terms",
        statement=r"\nabla_{w_q} f = \tfrac{1}{\sqrt m}\,a_q\,\sigma'((w_{0,q}+w_q)\cdot x)\,x, \quad "
        r"\nabla^2_{w_q w_s} f = \tfrac{1}{\sqrt m}\,a_q\,\sigma''((w_{0,q}+w_q)\cdot x)\,xx^\top\,\delta_{qs}, "
        r"\quad f_L = \langle\varphi(x), W\rangle, \quad \nabla f_L = \varphi(x), \quad "
        r"\nabla_{w_q} f_Q = \tfrac{1}{\sqrt m}\,a_q\,\sigma''(w_{0,q}\cdot x)\,(w_q\cdot x)\,x",
        bound=IDENTITY,
        source="this project",
        checks=(
            PROOFS.check("gradient_network", scope="every m, d, every entry, every differentiable σ"),
            PROOFS.check("hessian_network", scope="every m, d, every two entries, every σ with σ', σ''"),
            PROOFS.check("f_L_feature", scope="every m, d, σ'"),
            PROOFS.check("f_L_linear", scope="every m, d, σ'"),
            PROOFS.check("gradient_f_L", scope="every m, d, every entry, every σ'"),
            PROOFS.check("gradient_f_Q", scope="every m, d, every entry, every σ''"),
            Check(
                Kind.PROPERTY,
                torch_derivatives,
                scope="torch: pulled back, along V, Hessian along V; f, f_L, f_Q, paired or not, four σ, m ≤ 4",
            ),
        ),
    ),
    Claim(
        id="loss.gradient-quadratic",
        title="Gradient of the training loss of the second-order model",
        statement=r"\nabla_{w_q} \frac1n\sum_i \ell(y_i, f_L + f_Q) = \frac{1}{n\sqrt m}\sum_i "
        r"\ell'_i\,a_q\,\big(\sigma'(w_{0,q}\cdot x_i) + \sigma''(w_{0,q}\cdot x_i)\,w_q\cdot x_i\big)\,x_i",
        bound=IDENTITY,
        source="this project",
        depends_on=("loss.model-gradients",),
        checks=(
            PROOFS.check(
                "gradient_loss_quadratic", scope="every m, n, d, every entry, every differentiable ℓ"
            ),
        ),
    ),
    Claim(
        id="regularizer.convexity-r4",
        title="R_4 is convex",
        statement=r"R_4((1-s)U + sV) \le (1-s)\,R_4(U) + s\,R_4(V), \quad 0 \le s \le 1",
        bound=UPPER,
        source="this project",
        checks=(PROOFS.check("convex_r4", scope="every m, d, U, V"),),
    ),
    Claim(
        id="regularizer.homogeneity-r4",
        title="R_4 is homogeneous of degree 8",
        statement=r"R_4(tW) = t^8 R_4(W)",
        bound=IDENTITY,
        source="this project",
        checks=(PROOFS.check("homogeneous_r4", scope="every m, d, W, t"),),
    ),
    PROOFS.control(
        "f_L_feature",
        old="inner m d (feature",
        new="2 * inner m d (feature",
        id="control.formal-f-l-feature",
        control_of="loss.model-gradients",
        title="f_L twice too large",
        statement=r"f_L = 2\,\langle\varphi(x), W\rangle",
        fault="factor 2",
    ),
    PROOFS.control(
        "f_L_linear",
        old="+ c * f_L",
        new="+ c ^ 2 * f_L",
        id="control.formal-f-l-linear",
        control_of="loss.model-gradients",
        title="f_L claimed quadratic along a line",
        statement="f_L(x; U + cV) = f_L(x;U) + c^2 f_L(x;V)",
        fault="c squared",
    ),
    PROOFS.control(
        "gradient_f_L",
        old="(feature s1 m d a w0 x q l)",
        new="(feature s1 m d a W x q l)",
        id="control.formal-gradient-f-l",
        control_of="loss.model-gradients",
        title="Gradient of f_L at W in the place of W_0",
        statement=r"\nabla_{w_q} f_L = \tfrac{1}{\sqrt m}\,a_q\,\sigma'(w_q\cdot x)\,x",
        fault="W for the initial weights",
    ),
    PROOFS.control(
        "gradient_r1",
        old=_FALSE["gradient_r1"][0],
        new=_FALSE["gradient_r1"][1],
        negation="gradient_r1_twin_false",
        id="control.formal-gradient-r1",
        control_of="regularizer.gradient-r1",
        title="Gradient of R_1 without its factor 2",
        statement=r"\nabla R_1(W) = \tfrac1n P_>\Phi^\top\Phi P_>W",
        fault="factor 2 dropped",
    ),
    PROOFS.control(
        "hessian_r1",
        old="2 / INR n",
        new="1 / INR n",
        id="control.formal-hessian-r1",
        control_of="regularizer.hessian-r1",
        title="Hessian of R_1 without its factor 2",
        statement=r"\nabla^2 R_1(W) = \tfrac1n P_>\Phi^\top\Phi P_>",
        fault="factor 2 dropped",
    ),
    PROOFS.control(
        "gradient_r2",
        old=_FALSE["gradient_r2"][0],
        new=_FALSE["gradient_r2"][1],
        negation="gradient_r2_twin_false",
        id="control.formal-gradient-r2",
        control_of="regularizer.gradient-r2",
        title="Gradient of R_2 without the outer projection",
        statement=r"\nabla R_2(W) = 2\Sigma P_>W",
        fault="P_> dropped in front of Σ",
    ),
    PROOFS.control(
        "hessian_r2",
        old="(fun r i => P_high r i s j)",
        new="(fun r i => P_high r i q l)",
        id="control.formal-hessian-r2",
        control_of="regularizer.hessian-r2",
        title="Hessian of R_2 with one entry taken twice",
        statement=r"\nabla^2 R_2(W)_{(q,l),(s,l')} = 2(P_>\Sigma P_>)_{(q,l),(q,l)}",
        fault="the index (q,l) for (s,l')",
    ),
    PROOFS.control(
        "gradient_r3",
        old=_FALSE["gradient_r3"][0],
        new=_FALSE["gradient_r3"][1],
        negation="gradient_r3_twin_false",
        id="control.formal-gradient-r3",
        control_of="regularizer.gradient-r3",
        title="Gradient of R_3 without its factor 2",
        statement=r"\nabla R_3(W) = P_\le W",
        fault="factor 2 dropped",
    ),
    PROOFS.control(
        "hessian_r3",
        old="(2 * P_low",
        new="(1 * P_low",
        id="control.formal-hessian-r3",
        control_of="regularizer.hessian-r3",
        title="Hessian of R_3 without its factor 2",
        statement=r"\nabla^2 R_3(W) = P_\le",
        fault="factor 2 dropped",
    ),
    PROOFS.control(
        "gradient_r4",
        old=_FALSE["gradient_r4"][0],
        new=_FALSE["gradient_r4"][1],
        negation="gradient_r4_twin_false",
        id="control.formal-gradient-r4",
        control_of="regularizer.gradient-r4",
        title="Gradient of R_4 with 4 for 8",
        statement=r"\nabla R_4(W) = \left(4S\,\|w_r\|^2 w_r\right)_r",
        fault="factor 8 halved",
    ),
    PROOFS.control(
        "hessian_r4",
        old=_FALSE["hessian_r4"][0],
        new=_FALSE["hessian_r4"][1],
        negation="hessian_r4_twin_false",
        id="control.formal-hessian-r4",
        control_of="regularizer.hessian-r4",
        title="Hessian of R_4 with 16 for 32",
        statement=r"\nabla^2 R_4(W) = \left(8S(\|w_r\|^2 I + 2w_rw_r^\top)\delta_{rs} + "
        r"16\|w_r\|^2\|w_s\|^2 w_rw_s^\top\right)_{rs}",
        fault="factor 32 halved",
    ),
    PROOFS.control(
        "homogeneous_r4",
        old="t ^ 8",
        new="t ^ 4",
        id="control.formal-homogeneous-r4",
        control_of="regularizer.homogeneity-r4",
        title="R_4 homogeneous of degree 4",
        statement="R_4(tW) = t^4 R_4(W)",
        fault="degree 4 for 8",
    ),
    PROOFS.control(
        "convex_r4",
        old="+ s * R_4",
        new="+ s ^ 2 * R_4",
        id="control.formal-convex-r4",
        control_of="regularizer.convexity-r4",
        title="R_4 more than convex",
        statement=r"R_4((1-s)U + sV) \le (1-s)\,R_4(U) + s^2 R_4(V)",
        fault="s squared",
        bound=UPPER,
    ),
    PROOFS.control(
        "gradient_network",
        old="a q * s1",
        new="a q * s0",
        id="control.formal-gradient-network",
        control_of="loss.model-gradients",
        title="Gradient of the network with σ for σ'",
        statement=r"\nabla_{w_q} f = \tfrac{1}{\sqrt m}\,a_q\,\sigma((w_{0,q}+w_q)\cdot x)\,x",
        fault="a derivative dropped",
    ),
    PROOFS.control(
        "hessian_network",
        old=" * delta q s",
        new="",
        id="control.formal-hessian-network",
        control_of="loss.model-gradients",
        title="Hessian of the network without δ_qs",
        statement=r"\nabla^2_{w_q w_s} f = \tfrac{1}{\sqrt "
        r"m}\,a_q\,\sigma''((w_{0,q}+w_q)\cdot x)\,xx^\top",
        fault="blocks off the diagonal too",
    ),
    PROOFS.control(
        "gradient_f_Q",
        old="(/ sqrt (INR m)",
        new="(/ (2 * sqrt (INR m))",
        id="control.formal-gradient-f-q",
        control_of="loss.model-gradients",
        title="Gradient of f_Q, half of it",
        statement=r"\nabla_{w_q} f_Q = \tfrac{1}{2\sqrt m}\,a_q\,\sigma''(w_{0,q}\cdot "
        r"x)\,(w_q\cdot x)\,x",
        fault="factor 1/2",
    ),
    PROOFS.control(
        "gradient_loss",
        old="(/ INR n * / sqrt (INR m)",
        new="(2 * / INR n * / sqrt (INR m)",
        id="control.formal-gradient-loss",
        control_of="loss.gradient",
        title="Gradient of the training loss, twice too large",
        statement=r"\nabla_{w_q} L = \frac{2}{n\sqrt m}\sum_i \ell'_i\,a_q\,\sigma'_{iq}\,x_i",
        fault="factor 2",
    ),
    PROOFS.control(
        "hessian_loss",
        old=" * delta q s",
        new="",
        id="control.formal-hessian-loss",
        control_of="loss.hessian",
        title="Hessian of the training loss without δ_qs",
        statement=r"\nabla^2_{w_q w_s} L = \frac1n\sum_i "
        r"\Big[\ell''_i\,\nabla_{w_q}f_i\,\nabla_{w_s}f_i^\top + "
        r"\tfrac{1}{\sqrt m}\,\ell'_i\,a_q\,\sigma''_{iq}\,x_ix_i^\top\Big]",
        fault="the network's Hessian off the diagonal blocks too",
    ),
    PROOFS.control(
        "gradient_loss_quadratic",
        old="* dot d (W q) (X p)",
        new="* (/ 2 * dot d (W q) (X p))",
        id="control.formal-gradient-loss-quadratic",
        control_of="loss.gradient-quadratic",
        title="Second-order model without the factor 2 of its slope",
        statement=r"\nabla_{w_q} L = \frac{1}{n\sqrt m}\sum_i "
        r"\ell'_i\,a_q\,\big(\sigma'(w_{0,q}\cdot x_i) + "
        r"\tfrac12\sigma''(w_{0,q}\cdot x_i)\,w_q\cdot x_i\big)\,x_i",
        fault="derivative of the square without its 2",
    ),
)

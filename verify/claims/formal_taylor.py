"""Coq proofs on the Taylor terms: definition, homogeneity, start at zero, remainder, polar form."""

from __future__ import annotations

from verify.bound import IDENTITY, UPPER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.formal import Proofs

TAYLOR = "Taylor's theorem"
ACTIVATION = r"$\sigma$ thrice differentiable, $|\sigma'''| \le M_3$"
EVERY = "every m, d, a, w_0, W and x"

_STATEMENTS = {
    "neuron_remainder": """
forall (s0 s1 s2 s3 : R -> R) (M3 : R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  forall u h, Rabs (s0 (u + h) - s0 u - s1 u * h - s2 u * h ^ 2 / 2) <= M3 * Rabs h ^ 3 / 6
""",
    "remainder_from_start": """
forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  Rabs (network s0 m d a w0 W x - network s0 m d a w0 (fun _ _ => 0) x
      - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (6 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3)
""",
    "initialization": """
forall (s0 : R -> R) (h d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (x : nat -> R),
  (forall r i, (r < h)%nat -> (i < d)%nat -> w0 (r + h)%nat i = w0 r i) ->
  (forall r, (r < h)%nat -> a (r + h)%nat = - a r) ->
  network s0 (2 * h) d a w0 (fun _ _ => 0) x = 0
""",
    "remainder": """
forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  network s0 m d a w0 (fun _ _ => 0) x = 0 ->
  Rabs (network s0 m d a w0 W x - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (6 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3)
""",
    "linear_term": """
forall (s0 s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 0 (f_L s1 m d a w0 W x)
""",
    "quadratic_term": """
forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 2 0 (2 * f_Q s2 m d a w0 W x)
""",
    "cubic_term": """
forall (s0 s1 s2 s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 3 0 (6 * term 3 s3 m d a w0 W x)
""",
    "network_curve": """
forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  forall t, is_derive_n (fun u => network (s O) m d a w0 (fun r i => u * W r i) x) j t
    (/ sqrt (INR m) * sum m (fun r => a r * s j (dot d (w0 r) x + t * dot d (W r) x) * dot d (W r) x ^ j))
""",
    "coefficient": """
forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  is_derive_n (fun t => network (s O) m d a w0 (fun r i => t * W r i) x) j 0
    (INR (fact j) * term j (s j) m d a w0 W x)
""",
    "linear_is_first": """
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_L s1 m d a w0 W x = term 1 s1 m d a w0 W x
""",
    "quadratic_is_second": """
forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_Q s2 m d a w0 W x = term 2 s2 m d a w0 W x
""",
    "homogeneity": """
forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (t : R),
  term j sj m d a w0 (fun r i => t * W r i) x = t ^ j * term j sj m d a w0 W x
""",
    "linear_in_movement": """
forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R)
    (x : nat -> R) (c : R),
  f_L s1 m d a w0 (fun r i => c * U r i + V r i) x = c * f_L s1 m d a w0 U x + f_L s1 m d a w0 V x
""",
    "polar_diagonal": """
forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  polar s2 m d a w0 W W x = 2 * f_Q s2 m d a w0 W x
""",
    "polar_form": """
forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R) (x : nat -> R),
  f_Q s2 m d a w0 (fun r i => U r i + V r i) x
    = f_Q s2 m d a w0 U x + polar s2 m d a w0 U V x + f_Q s2 m d a w0 V x
""",
    "neuron_remainder_twin_false": """
~ (forall (s0 s1 s2 s3 : R -> R) (M3 : R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  forall u h, Rabs (s0 (u + h) - s0 u - s1 u * h - s2 u * h ^ 2 / 2) <= M3 * Rabs h ^ 3 / 7)
""",
    "remainder_twin_false": """
~ (forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  network s0 m d a w0 (fun _ _ => 0) x = 0 ->
  Rabs (network s0 m d a w0 W x - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (7 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3))
""",
    "initialization_twin_false": """
~ (forall (s0 : R -> R) (h d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (x : nat -> R),
  (forall r i, (r < h)%nat -> (i < d)%nat -> w0 (r + h)%nat i = w0 r i) ->
  (forall r, (r < h)%nat -> a (r + h)%nat = a r) ->
  network s0 (2 * h) d a w0 (fun _ _ => 0) x = 0)
""",
    "network_curve_twin_false": """
~ (forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  forall t, is_derive_n (fun u => network (s O) m d a w0 (fun r i => u * W r i) x) j t
    (/ sqrt (INR m) * sum m (fun r => a r * s j (dot d (w0 r) x) * dot d (W r) x ^ j)))
""",
    "quadratic_term_twin_false": """
~ (forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 2 0 (f_Q s2 m d a w0 W x))
""",
    "homogeneity_twin_false": """
~ (forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (t : R),
  term j sj m d a w0 (fun r i => t * W r i) x = t ^ (j + 1) * term j sj m d a w0 W x)
""",
}

PROOFS = Proofs("Taylor", LAYER, {name: text.strip() for name, text in _STATEMENTS.items()})

CLAIMS = (
    Claim(
        id="taylor.neuron-remainder",
        title="Remainder of one neuron",
        statement=r"\left|\sigma(u+h) - \sigma(u) - \sigma'(u)h - \tfrac12\sigma''(u)h^2\right| \le "
        r"\frac{M_3}{6}|h|^3",
        bound=UPPER,
        source=TAYLOR,
        assumptions=(ACTIVATION,),
        checks=(PROOFS.check("neuron_remainder", scope="every u, h and σ; σ''' need not be continuous"),),
    ),
    Claim(
        id="taylor.remainder-from-start",
        title="Remainder for any initial weights",
        statement=r"|f(x;W) - f(x;0) - f_L(x;W) - f_Q(x;W)| \le \frac{M_3}{6\sqrt m}\sum_r |w_r\cdot x|^3",
        bound=UPPER,
        source=TAYLOR,
        assumptions=(ACTIVATION, r"$|a_r| \le 1$"),
        depends_on=("taylor.neuron-remainder",),
        checks=(PROOFS.check("remainder_from_start", scope=f"{EVERY}, without pairs of neurons"),),
    ),
    Claim(
        id="taylor.curve",
        title="Derivatives of the network along a movement",
        statement=r"\frac{d^j}{dt^j} f(x;tW) = "
        r"\frac{1}{\sqrt m}\sum_r a_r\,\sigma^{(j)}((w_{0,r}+tw_r)\cdot x)\,(w_r\cdot x)^j \text{ for every } j, t",
        bound=IDENTITY,
        source=TAYLOR,
        assumptions=(r"$\sigma$ $j$ times differentiable",),
        checks=(
            PROOFS.check(
                "network_curve",
                scope=f"every j and t, so the derivatives of all orders up to j exist along the line; {EVERY}",
            ),
        ),
    ),
    Claim(
        id="taylor.coefficient",
        title="Each term is a Taylor coefficient",
        statement=r"\frac{d^j}{dt^j} f(x;tW)\Big|_{t=0} = j!\,f^{(j)}(x;W) \text{ for every } j",
        bound=IDENTITY,
        source=TAYLOR,
        assumptions=(r"$\sigma$ $j$ times differentiable",),
        depends_on=("taylor.curve",),
        checks=(PROOFS.check("coefficient", scope=f"every j, {EVERY}"),),
    ),
    Claim(
        id="taylor.named-terms",
        title="f_L and f_Q are the first two terms",
        statement=r"f_L = f^{(1)}, \quad f_Q = f^{(2)}",
        bound=IDENTITY,
        source=TAYLOR,
        checks=(
            PROOFS.check("linear_is_first", scope=EVERY),
            PROOFS.check("quadratic_is_second", scope=EVERY),
        ),
    ),
    Claim(
        id="taylor.linearity",
        title="f_L is linear in the movement",
        statement=r"f_L(x;cU+V) = c\,f_L(x;U) + f_L(x;V)",
        bound=IDENTITY,
        source=TAYLOR,
        checks=(PROOFS.check("linear_in_movement", scope=f"every c, U, V; {EVERY}"),),
    ),
    Claim(
        id="taylor.polar-form",
        title="f_Q and its polar form",
        statement=r"X(W,W) = 2f_Q(\cdot;W), \quad f_Q(\cdot;U+V) = f_Q(\cdot;U) + X(U,V) + f_Q(\cdot;V)",
        bound=IDENTITY,
        source=TAYLOR,
        checks=(
            PROOFS.check("polar_diagonal", scope=EVERY),
            PROOFS.check("polar_form", scope=f"every U, V; {EVERY}"),
        ),
    ),
    PROOFS.control(
        "neuron_remainder",
        old="h ^ 3 / 6",
        new="h ^ 3 / 7",
        id="control.formal-neuron-remainder",
        control_of="taylor.neuron-remainder",
        title="Remainder of a neuron with 1/7 for 1/6",
        statement=r"|\sigma(u+h) - \sigma(u) - \sigma'(u)h - \tfrac12\sigma''(u)h^2| \le \frac{M_3}{7}|h|^3",
        fault="7 for 6",
        negation="neuron_remainder_twin_false",
        bound=UPPER,
    ),
    PROOFS.control(
        "remainder_from_start",
        old="Rabs (a r) <= 1",
        new="Rabs (a r) <= 2",
        id="control.formal-remainder-from-start",
        control_of="taylor.remainder-from-start",
        title="Remainder with output weights up to 2",
        statement=r"|f - f(x;0) - f_L - f_Q| \le \frac{M_3}{6\sqrt m}\sum_r |w_r\cdot x|^3, \quad |a_r| \le 2",
        fault="bound 2 for 1 on the output weights",
        bound=UPPER,
    ),
    PROOFS.control(
        "initialization",
        old="= - a r",
        new="= a r",
        id="control.formal-initialization",
        control_of="taylor.initialization",
        title="Start at zero with equal signs",
        statement=r"f(x;0) = 0 \text{ with } a_{r+m/2} = a_r",
        fault="the pairs have equal signs",
        negation="initialization_twin_false",
    ),
    PROOFS.control(
        "remainder",
        old="6 * sqrt",
        new="7 * sqrt",
        id="control.formal-remainder",
        control_of="taylor.remainder",
        title="Remainder with 1/7 for 1/6",
        statement=r"|f - f_L - f_Q| \le \frac{M_3}{7\sqrt m} \sum_r |w_r\cdot x|^3",
        fault="7 for 6",
        negation="remainder_twin_false",
        bound=UPPER,
    ),
    PROOFS.control(
        "linear_term",
        old="(f_L s1 m d a w0 W x)",
        new="(2 * f_L s1 m d a w0 W x)",
        id="control.formal-linear-term",
        control_of="taylor.linear-term",
        title="First derivative twice too large",
        statement=r"\frac{d}{dt} f(x;tW)\Big|_{t=0} = 2f_L(x;W)",
        fault="factor 2",
    ),
    PROOFS.control(
        "quadratic_term",
        old="(2 * f_Q s2 m d a w0 W x)",
        new="(f_Q s2 m d a w0 W x)",
        id="control.formal-quadratic-term",
        control_of="taylor.quadratic-term",
        title="Second derivative without its factor 2",
        statement=r"\frac{d^2}{dt^2} f(x;tW)\Big|_{t=0} = f_Q(x;W)",
        fault="factor 2 dropped",
        negation="quadratic_term_twin_false",
    ),
    PROOFS.control(
        "cubic_term",
        old="(6 * term 3",
        new="(3 * term 3",
        id="control.formal-cubic-term",
        control_of="taylor.cubic-term",
        title="Third derivative with 3 for 3!",
        statement=r"\frac{d^3}{dt^3} f(x;tW)\Big|_{t=0} = 3f^{(3)}(x;W)",
        fault="3 for 6",
    ),
    PROOFS.control(
        "network_curve",
        old="(dot d (w0 r) x + t * dot d (W r) x)",
        new="(dot d (w0 r) x)",
        id="control.formal-curve",
        control_of="taylor.curve",
        title="Derivatives along a movement, all taken at its start",
        statement=r"\frac{d^j}{dt^j} f(x;tW) = "
        r"\frac{1}{\sqrt m}\sum_r a_r\,\sigma^{(j)}(w_{0,r}\cdot x)\,(w_r\cdot x)^j \text{ for every } j, t",
        fault="the derivative of σ at t = 0 for the one at t",
        negation="network_curve_twin_false",
    ),
    PROOFS.control(
        "coefficient",
        old="INR (fact j)",
        new="INR j",
        id="control.formal-coefficient",
        control_of="taylor.coefficient",
        title="Derivatives with j for j!",
        statement=r"\frac{d^j}{dt^j} f(x;tW)\Big|_{t=0} = j\,f^{(j)}(x;W)",
        fault="j for j!",
    ),
    PROOFS.control(
        "linear_is_first",
        old="= term 1 s1",
        new="= 2 * term 1 s1",
        id="control.formal-first-term",
        control_of="taylor.named-terms",
        title="f_L twice too large",
        statement=r"f_L = 2f^{(1)}",
        fault="factor 2",
    ),
    PROOFS.control(
        "quadratic_is_second",
        old="= term 2 s2",
        new="= 2 * term 2 s2",
        id="control.formal-second-term",
        control_of="taylor.named-terms",
        title="f_Q twice too large",
        statement=r"f_Q = 2f^{(2)}",
        fault="factor 2",
    ),
    PROOFS.control(
        "homogeneity",
        old="t ^ j",
        new="t ^ (j + 1)",
        id="control.formal-homogeneity",
        control_of="taylor.homogeneity",
        title="Homogeneity with the degree off by one",
        statement=r"f^{(j)}(x;tW) = t^{j+1} f^{(j)}(x;W)",
        fault="j + 1 for j",
        negation="homogeneity_twin_false",
    ),
    PROOFS.control(
        "linear_in_movement",
        old="= c * f_L",
        new="= c ^ 2 * f_L",
        id="control.formal-linearity",
        control_of="taylor.linearity",
        title="f_L of degree two in the movement",
        statement=r"f_L(x;cU+V) = c^2 f_L(x;U) + f_L(x;V)",
        fault="c^2 for c",
    ),
    PROOFS.control(
        "polar_diagonal",
        old="= 2 * f_Q",
        new="= f_Q",
        id="control.formal-polar-diagonal",
        control_of="taylor.polar-form",
        title="Polar form without its factor 2",
        statement=r"X(W,W) = f_Q(\cdot;W)",
        fault="factor 2 dropped",
    ),
    PROOFS.control(
        "polar_form",
        old="+ polar s2",
        new="+ 2 * polar s2",
        id="control.formal-polar-form",
        control_of="taylor.polar-form",
        title="Polar form counted twice",
        statement=r"f_Q(\cdot;U+V) = f_Q(\cdot;U) + 2X(U,V) + f_Q(\cdot;V)",
        fault="factor 2",
    ),
)

"""Coq proofs on the law of one coordinate: its moments, orthogonality in every degree, eigenvalues as means.

The law of u = z/√d is given by its density: in Coq the mean of g(u) is a quotient of two integrals. That a
coordinate of a uniform point on the sphere has this density is not proved, so these claims are about the density.
"""

from __future__ import annotations

from verify.bound import IDENTITY, LOWER
from verify.claim import Claim
from verify.claims.formal import LAYER
from verify.claims.formal_gegenbauer import LEGENDRE
from verify.formal import Proofs

_STATEMENTS = {
    "orthogonality_from_moments": """
forall (d : R) (E : (R -> R) -> R), 2 < d ->
  linear E ->
  (forall p : nat, E (fun u => u ^ (2 * p)) = double_factorial p / rising d p) ->
  (forall p : nat, E (fun u => u ^ (2 * p + 1)) = 0) ->
  forall j l : nat, E (fun u => P d j u * P d l u) = if Nat.eqb j l then / B d l else 0
""",
    "mass_positive": """
forall d : nat, 0 < RInt (fun u => sqrt (1 - u ^ 2) ^ (d - 3)) (-1) 1
""",
    "mean_linear": """
forall (d : nat) (a b : R) (f g : R -> R), polynomial f -> polynomial g ->
  mean d (fun u => a * f u + b * g u) = a * mean d f + b * mean d g
""",
    "mean_one": """
forall d : nat, mean d (fun _ => 1) = 1
""",
    "moment_recurrence": """
forall d k : nat, (3 <= d)%nat ->
  (INR k + INR d - 1) * mean d (fun u => u ^ (k + 1)) = INR k * mean d (fun u => u ^ (k - 1))
""",
    "moments": """
forall d p : nat, (3 <= d)%nat ->
  mean d (fun u => u ^ (2 * p)) = double_factorial p / rising (INR d) p
  /\\ mean d (fun u => u ^ (2 * p + 1)) = 0
""",
    "orthogonality": """
forall d j l : nat, (3 <= d)%nat ->
  mean d (fun u => P (INR d) j u * P (INR d) l u) = if Nat.eqb j l then / B (INR d) l else 0
""",
    "characterised": """
forall (d l : nat) (c : nat -> R), (3 <= d)%nat ->
  ((forall u : R, sum_f_R0 (fun k => c k * u ^ k) l = P (INR d) l u) <->
   sum_f_R0 (fun k => c k * 1 ^ k) l = 1 /\\
   forall i : nat, (i < l)%nat -> mean d (fun u => sum_f_R0 (fun k => c k * u ^ k) l * u ^ i) = 0)
""",
    "eigenvalue_is_mean": """
forall (d : nat) (c : nat -> R) (L j : nat), (3 <= d)%nat ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  mean d (fun u => INR d * u * sum_f_R0 (fun l => c l * P (INR d) l u) L * P (INR d) j u) = eigenvalue (INR d) c j
""",
    "coefficient_is_mean": """
forall (d : nat) (mu : nat -> R) (L j : nat), (3 <= d)%nat -> (j <= L)%nat ->
  mean d (fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L * P (INR d) j u) = mu j
""",
    "energy": """
forall (d : nat) (mu : nat -> R) (L : nat), (3 <= d)%nat ->
  mean d (fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L ^ 2)
  = sum_f_R0 (fun l => mu l ^ 2 * B (INR d) l) L
""",
}

PROOFS = Proofs("Moments", LAYER, {name: text.strip() for name, text in _STATEMENTS.items()})

CLASSICAL = "classical"
EVERY = "every integer d ≥ 3"
BY_DENSITY = f"{EVERY}, u = z/√d by its density"
DIMENSION = r"$d \ge 3$ an integer"
LAW = rf"$u$ on $[-1,1]$ with density proportional to $(1-u^2)^{{(d-3)/2}}$, {DIMENSION}"
SERIES = r"g(u) = \sum_{l\le L} \mu_l\,B(d,l)\,P_l(u)"
KERNEL = r"\kappa(u) = \sum_{l\le L} c_l P_l(u)"
LAMBDA = (
    r"\frac{d}{B(d,j)}\left[1_{j\ge1}\frac{j+d-3}{2j+d-4}\,c_{j-1} "
    r"+ \frac{j+1}{2j+d}\,c_{j+1}\right]"
)

CLAIMS = (
    Claim(
        id="sphere.coordinate-mean",
        title="The mean over the law of a coordinate",
        statement=r"\int_{-1}^1 (1-u^2)^{(d-3)/2}\,du > 0, \quad "
        r"\mathbb{E}[a f(u) + b g(u)] = a\,\mathbb{E} f(u) + b\,\mathbb{E} g(u), \quad \mathbb{E}\,1 = 1, \quad "
        r"\mathbb{E}\,g(u) = \frac{\int_{-1}^1 g(u)\,(1-u^2)^{(d-3)/2}\,du}{\int_{-1}^1 (1-u^2)^{(d-3)/2}\,du}",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=("$f$ and $g$ polynomials", DIMENSION),
        checks=(
            PROOFS.check("mass_positive", scope=f"the mass, {EVERY}"),
            PROOFS.check("mean_linear", scope=f"linearity, {EVERY}, all a, b and polynomials f, g"),
            PROOFS.check("mean_one", scope=f"the mean of 1, {EVERY}"),
        ),
    ),
    Claim(
        id="sphere.coordinate-moments",
        title="All moments of the law of a coordinate",
        statement=r"(k+d-1)\,\mathbb{E}\,u^{k+1} = k\,\mathbb{E}\,u^{k-1}, \quad "
        r"\mathbb{E}\,u^{2p} = \frac{1\cdot3\cdots(2p-1)}{d(d+2)\cdots(d+2p-2)}, \quad "
        r"\mathbb{E}\,u^{2p+1} = 0, \quad k, p \ge 0",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, "at $k = 0$ the right side of the recurrence is 0"),
        depends_on=("sphere.coordinate-mean",),
        checks=(
            PROOFS.check("moment_recurrence", scope=f"the recurrence, by parts: {EVERY}, every k"),
            PROOFS.check("moments", scope=f"the moments: {EVERY}, every p"),
        ),
    ),
    Claim(
        id="sphere.orthogonality-every-degree",
        title="Orthogonality in every degree",
        statement=r"\mathbb{E}\,P_j(u)\,P_l(u) = \frac{\delta_{jl}}{B(d,l)}, \quad j, l \ge 0",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, LEGENDRE),
        depends_on=("sphere.coordinate-moments",),
        checks=(PROOFS.check("orthogonality", scope=f"{EVERY}, all j and l"),),
    ),
    Claim(
        id="sphere.legendre-unique",
        title="Legendre polynomials by orthogonality",
        statement=r"f = P_l \iff f(1) = 1, \quad \mathbb{E}\,f(u)\,u^i = 0 \quad (0 \le i < l)",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, LEGENDRE, r"$f$ a polynomial of degree $\le l$"),
        depends_on=("sphere.orthogonality-every-degree", "sphere.legendre-degree", "sphere.value-at-one"),
        checks=(PROOFS.check("characterised", scope=f"{EVERY}, every l and f"),),
    ),
    Claim(
        id="sphere.coefficient-mean",
        title="Coefficients of an expansion as means",
        statement=rf"\mathbb{{E}}\,g(u)\,P_j(u) = \mu_j, \quad j \le L, \quad {SERIES}",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, LEGENDRE),
        depends_on=("sphere.orthogonality-every-degree",),
        checks=(PROOFS.check("coefficient_is_mean", scope=f"{EVERY}, every L, j ≤ L, all μ_l"),),
    ),
    Claim(
        id="sphere.energy",
        title="Energy of an expansion",
        statement=rf"\mathbb{{E}}\,g(u)^2 = \sum_{{l\le L}} \mu_l^2\,B(d,l), \quad {SERIES}",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, LEGENDRE),
        depends_on=("sphere.coefficient-mean",),
        checks=(PROOFS.check("energy", scope=f"{EVERY}, every L, all μ_l"),),
    ),
    Claim(
        id="spectrum.eigenvalue-mean",
        title="Eigenvalues as means of the kernel",
        statement=rf"\mathbb{{E}}\,d\,u\,\kappa(u)\,P_j(u) = {LAMBDA}, \quad {KERNEL}, \quad j \ge 0",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(LAW, LEGENDRE, "$c_l = 0$ for $l > L$"),
        depends_on=("sphere.orthogonality-every-degree",),
        checks=(PROOFS.check("eigenvalue_is_mean", scope=f"{EVERY}, every L and j, all c_l"),),
    ),
    PROOFS.control(
        "mass_positive",
        old="0 < RInt",
        new="1 < RInt",
        id="control.formal-coordinate-mass",
        control_of="sphere.coordinate-mean",
        title="Mass of the density above 1",
        statement=r"\int_{-1}^1 (1-u^2)^{(d-3)/2}\,du > 1",
        fault="1 for 0; the mass falls like 1/√d",
        bound=LOWER,
    ),
    PROOFS.control(
        "mean_linear",
        old="b * mean d g",
        new="a * mean d g",
        id="control.formal-coordinate-linearity",
        control_of="sphere.coordinate-mean",
        title="Linearity with one factor twice",
        statement=r"\mathbb{E}[a f(u) + b g(u)] = a\,\mathbb{E} f(u) + a\,\mathbb{E} g(u)",
        fault="a for b",
    ),
    PROOFS.control(
        "mean_one",
        old="= 1",
        new="= 2",
        id="control.formal-coordinate-one",
        control_of="sphere.coordinate-mean",
        title="A mean of total mass 2",
        statement=r"\mathbb{E}\,1 = 2",
        fault="2 for 1",
    ),
    PROOFS.control(
        "moment_recurrence",
        old="INR k + INR d - 1",
        new="INR k + INR d - 2",
        id="control.formal-moment-recurrence",
        control_of="sphere.coordinate-moments",
        title="Recurrence of the moments with the dimension off by one",
        statement=r"(k+d-2)\,\mathbb{E}\,u^{k+1} = k\,\mathbb{E}\,u^{k-1}",
        fault="d - 2 for d - 1",
    ),
    PROOFS.control(
        "moments",
        old="rising (INR d) p",
        new="rising (INR d + 1) p",
        id="control.formal-moments",
        control_of="sphere.coordinate-moments",
        title="Moments of the dimension above",
        statement=r"\mathbb{E}\,u^{2p} = \frac{1\cdot3\cdots(2p-1)}{(d+1)(d+3)\cdots(d+2p-1)}",
        fault="d + 1 for d",
    ),
    PROOFS.control(
        "orthogonality_from_moments",
        old="then / B d l",
        new="then 2 / B d l",
        id="control.formal-orthogonality-from-moments",
        control_of="sphere.orthogonality",
        title="Orthogonality from the moments with a factor 2",
        statement=r"\mathbb{E}\,P_j(z/\sqrt d)\,P_l(z/\sqrt d) = \frac{2\,\delta_{jl}}{B(d,l)}",
        fault="factor 2",
    ),
    PROOFS.control(
        "orthogonality",
        old="then / B (INR d) l",
        new="then 2 / B (INR d) l",
        id="control.formal-orthogonality",
        control_of="sphere.orthogonality-every-degree",
        title="Orthogonality in the law with a factor 2",
        statement=r"\mathbb{E}\,P_j(u)\,P_l(u) = \frac{2\,\delta_{jl}}{B(d,l)}",
        fault="factor 2",
    ),
    PROOFS.control(
        "characterised",
        old="(i < l)%nat",
        new="(i <= l)%nat",
        id="control.formal-legendre-unique",
        control_of="sphere.legendre-unique",
        title="Legendre polynomials orthogonal to their own power",
        statement=r"f = P_l \iff f(1) = 1, \quad \mathbb{E}\,f(u)\,u^i = 0 \quad (0 \le i \le l)",
        fault="i ≤ l for i < l; with i = l nothing is left but f = 0",
    ),
    PROOFS.control(
        "coefficient_is_mean",
        old="mu l * B (INR d) l * P",
        new="mu l * P",
        id="control.formal-coefficient-mean",
        control_of="sphere.coefficient-mean",
        title="Expansion without the number of harmonics",
        statement=r"\mathbb{E}\,g(u)\,P_j(u) = \mu_j, \quad g(u) = \sum_{l\le L} \mu_l\,P_l(u)",
        fault="B(d,l) dropped",
    ),
    PROOFS.control(
        "energy",
        old="= sum_f_R0 (fun l => mu l ^ 2 *",
        new="= sum_f_R0 (fun l => mu l *",
        id="control.formal-expansion-energy",
        control_of="sphere.energy",
        title="Energy linear in the coefficients",
        statement=rf"\mathbb{{E}}\,g(u)^2 = \sum_{{l\le L}} \mu_l\,B(d,l), \quad {SERIES}",
        fault="the square of μ_l dropped",
    ),
    PROOFS.control(
        "eigenvalue_is_mean",
        old="INR d * u *",
        new="u *",
        id="control.formal-eigenvalue-mean",
        control_of="spectrum.eigenvalue-mean",
        title="Kernel without its factor d",
        statement=rf"\mathbb{{E}}\,u\,\kappa(u)\,P_j(u) = {LAMBDA}",
        fault="the factor d of the kernel dropped",
    ),
)

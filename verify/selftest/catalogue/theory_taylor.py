"""Faults in the Taylor expansion of the network, and in the engine that proves identities of multi-sums."""

from __future__ import annotations

from verify.selftest.mutant import Mutant

EXPANSION, SUMS = "theory/expansion.py", "theory/sums.py"
TERMS, LABELLING = "theory/terms.py", "theory/labelling.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "theory.network-normalisation",
        EXPANSION,
        "sp.Sum(a[r] * sigma(inner), (r, 1, m)) / sp.sqrt(m)",
        "sp.Sum(a[r] * sigma(inner), (r, 1, m)) / m",
        "the network carries m^{-1/2}; with m^{-1} it is the mean-field scaling",
    ),
    Mutant(
        "theory.taylor-term-factorial",
        EXPANSION,
        "return sp.Sum(body, (r, 1, m)) / (sp.sqrt(m) * sp.factorial(order))",
        "return sp.Sum(body, (r, 1, m)) / sp.sqrt(m)",
        "a Taylor term of order j carries 1/j!, so f_Q a factor 1/2",
    ),
    Mutant(
        "theory.taylor-term-derivative",
        EXPANSION,
        "body = a[r] * derivative(sigma, order)(start)",
        "body = a[r] * derivative(sigma, order - 1)(start)",
        "the term of order j has the j-th derivative of the activation",
    ),
    Mutant(
        "theory.taylor-coefficient-factorial",
        EXPANSION,
        "t, order) / sp.factorial(order)).subs(t, 0)",
        "t, order) / order).subs(t, 0)",
        "the j-th derivative over j is no Taylor coefficient from order 3 on",
    ),
    Mutant(
        "theory.homogeneity-degree",
        EXPANSION,
        "return scaled, t**order * taylor_term(sigma, order)",
        "return scaled, t * taylor_term(sigma, order)",
        "f^(j) is homogeneous of degree j, not linear in the movement",
    ),
    Mutant(
        "theory.initialization-half",
        EXPANSION,
        "sp.Sum(paired, (r, 1, h))",
        "sp.Sum(paired, (r, 1, h - 1))",
        "one neuron has lost its partner, so the network does not start at 0",
    ),
    Mutant(
        "theory.remainder-polynomial-order",
        EXPANSION,
        "sp.Add(*(h**o * derivative(sigma, o)(z) / sp.factorial(o) for o in range(order + 1)))",
        "sp.Add(*(h**o * derivative(sigma, o)(z) / sp.factorial(o) for o in range(order)))",
        "the Taylor polynomial of a neuron stops one order early",
    ),
    Mutant(
        "theory.remainder-integrand",
        EXPANSION,
        "/ sp.factorial(order) * derivative(sigma, order + 1)(z + u)",
        "/ sp.factorial(order) * derivative(sigma, order)(z + u)",
        "the integral form of the remainder has the derivative of order J + 1",
    ),
    Mutant(
        "theory.remainder-weight-sign",
        EXPANSION,
        "return weight, (-h) ** (order + 1) / sp.factorial(order + 1)",
        "return weight, h ** (order + 1) / sp.factorial(order + 1)",
        "for h < 0 the weight of an even order is negative",
    ),
    Mutant(
        "theory.remainder-constant",
        EXPANSION,
        "M / (sp.factorial(order + 1) * sp.sqrt(m))",
        "M / ((sp.factorial(order + 1) + 1) * sp.sqrt(m))",
        "the constant of the remainder is 1/6; 1/7 is no bound",
    ),
    Mutant(
        "theory.remainder-power",
        EXPANSION,
        "body = sp.Abs(step) ** (order + 1)",
        "body = sp.Abs(step) ** order",
        "the remainder after the quadratic term is of third order in w_r·x",
    ),
    Mutant(
        "theory.scaled-term-prefactor",
        EXPANSION,
        "m ** (sp.Rational(1, 2) - order * fourth)",
        "m ** (1 - order * fourth)",
        "m^{-1/2} times m terms is m^{1/2}, not m: aligned f_L grows like m^{1/4}",
    ),
    Mutant(
        "theory.scaled-remainder-prefactor",
        EXPANSION,
        "m ** (half - (order + 1) * fourth)",
        "m ** (half - order * fourth)",
        "the remainder at the movement's size falls like m^{-1/4}; without one factor it would stay",
    ),
    Mutant(
        "theory.width-exponent-sign",
        EXPANSION,
        "sp.simplify(m * sp.diff(prefactor, m) / prefactor)",
        "sp.simplify(m * sp.diff(1 / prefactor, m) * prefactor)",
        "the exponent is that of the prefactor, not of its inverse",
    ),
    Mutant(
        "theory.unused-dummy-count",
        SUMS,
        "coefficient *= high - low + 1",
        "coefficient *= high - low",
        "a sum from low to high of a constant has high - low + 1 terms",
    ),
    Mutant(
        "theory.delta-outside-range",
        SUMS,
        "if old in limits and _inside(new, limits[old], limits, rules):",
        "if old in limits:",
        "a delta with an index that may lie outside the range of the sum is not 1 there: the proof is unsound",
    ),
    Mutant(
        "theory.power-of-sum-dummies",
        SUMS,
        "return _distribute(self.read(base, env, depth) for _ in range(int(exponent)))",
        "return _distribute([self.read(base, env, depth)] * int(exponent))",
        "the factors of a power share their dummies, so the square of a sum is taken for the sum of squares",
    ),
    Mutant(
        "theory.idempotence-partial-range",
        SUMS,
        "full = all(limits.get(b) == ends for b, ends in zip(beta, ranges, strict=True))",
        "full = all(b in limits for b, _ in zip(beta, ranges, strict=True))",
        "PP = P holds for the sum over the whole range only: the proof is unsound",
    ),
    Mutant(
        "theory.idempotence-used-index",
        SUMS,
        "and not others & set(beta)",
        "",
        "Σ_β P[α,β] P[β,γ] c[β] is not P[α,γ]: the summed index must occur nowhere else",
    ),
    Mutant(
        "theory.sign-square",
        TERMS,
        "merged[atom] %= 2",
        "merged[atom] = min(merged[atom], 1)",
        "the square of a sign is 1, not the sign",
    ),
    Mutant(
        "theory.every-array-symmetric",
        TERMS,
        "if base not in rules.symmetric:",
        "if len(args) % 2:",
        "every array is taken for symmetric, so W[r,i] for W[i,r]: the proof is unsound",
    ),
    Mutant(
        "theory.dummies-collide",
        LABELLING,
        'sp.Symbol(f"_{depth}_{k}", integer=True)',
        'sp.Symbol(f"_{depth}_{min(k, 2)}", integer=True)',
        "the third dummy of a term gets the name of the second: different sums get one normal form",
    ),
    Mutant(
        "theory.labelling-first-of-tied",
        LABELLING,
        "for chosen in tied[:1] if twins else tied:",
        "for chosen in tied[:1]:",
        "tied dummies are interchangeable only where swapping them leaves the term as it is",
    ),
)

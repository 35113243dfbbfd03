"""The claims of this project, one module per topic; ``SOURCES`` is their order in lists and reports."""

SOURCES: tuple[str, ...] = (
    "verify.claims.sphere",
    "verify.claims.activation",
    "verify.claims.taylor",
    "verify.claims.signs",
    "verify.claims.scales",
    "verify.claims.regularizer",
    "verify.claims.loss",
    "verify.claims.directions",
    "verify.claims.spectrum",
    "verify.claims.eigenvalues",
    "verify.claims.exponents",
    "verify.claims.spectrum_finite",
    "verify.claims.kernel_matrix",
    "verify.claims.good_directions",
    "verify.claims.quadratic_size",
    "verify.claims.saddle",
    "verify.claims.training",
)

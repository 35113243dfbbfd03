"""The proofs in Coq that the claims of this project show: where they lie."""

from __future__ import annotations

from pathlib import Path

import theory
from verify.layer import Layer

LAYER = Layer(Path(theory.__file__).with_name("formal"), "NTK")

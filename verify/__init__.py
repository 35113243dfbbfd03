"""The claim engine: claims, checks, evidence, verdicts, runs and their store.

Everything here is about *any* set of claims; the claims of this project live in ``verify.claims``.
"""

"""The symbolic room: exact expressions, rigorous enclosures and derivations, without any tensor library."""

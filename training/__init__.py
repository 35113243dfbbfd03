"""The torch room: data, network, good directions, objective, optimizers and experiments.

Everything here is written by hand for speed and knows no SymPy, so that it is a second, independent route
to every number that the symbolic room derives. It imports nothing from the other rooms but the shared
error for bad input.
"""

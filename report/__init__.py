"""What people and machines see of a run: the command, the HTML page, figures.

This room reads plain results (`verify.run.Run`) and never computes mathematics of its own.
"""

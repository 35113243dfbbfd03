"""The suite put to the test: planted faults, error rates, faults of the machine, hostile input."""

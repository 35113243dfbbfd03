"""From an activation to the text of a Coq file that proves its derivatives and bounds on them; it runs nothing."""

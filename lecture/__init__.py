"""The lecture as a list of steps: one idea, one picture and one sentence each."""

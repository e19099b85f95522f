"""What users of a lab made: trainings, and models that were trained, taught or imported."""

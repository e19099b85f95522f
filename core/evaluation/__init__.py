"""What scores a model: agreement with references, robustness, records of what was measured."""

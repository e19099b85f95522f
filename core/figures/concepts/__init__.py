"""Figures of the pages on one idea each: convolution, parameters, sharing."""

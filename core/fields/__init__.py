"""From an analysis to what is reported: quantities with units, intervals and a method in words."""

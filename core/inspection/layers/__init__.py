"""The layers of a network: in order, by name, at which depth, as a drawing."""

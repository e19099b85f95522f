"""A network and a micrograph -> kernels, feature maps, receptive fields, attribution.

Every function takes a :class:`core.inspection.subject.Subject` (a network and the field of a
micrograph that it looks at) and leaves the network as it was: what needs hooks, modes or gradients
runs on a private copy of the module tree over the same weights (:mod:`core.inspection.view`).
"""

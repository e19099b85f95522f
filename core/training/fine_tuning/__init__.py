"""A trained network learns a user's own material from a few images.

Few of its parameters are moved where there are few images, only confirmed pixels count, and what
is kept is a mixture of the old and the new weights.
"""

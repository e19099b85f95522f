"""What can be measured of one field: phases, particles, grains, layers, cracks, fibres."""

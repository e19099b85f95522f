"""What each quantity means, in a sentence for someone who meets it for the first time."""

from __future__ import annotations

from core.fields.quantity import Quantity

_G = (
    "The ASTM grain size number: the larger, the finer the grains; one more means twice as many "
    "grains per area."
)
_SHARE = (
    "The share of the image that the phase covers; in a random section also that of the volume."
)
_MEANING = {
    "d10": "A tenth of the particles are smaller than this diameter.",
    "d50": "Half of the particles are smaller than this diameter, half are larger.",
    "d90": "Nine tenths of the particles are smaller than this diameter.",
    "mean_diameter": "The sum of all diameters by the number of particles.",
    "d32": (
        "The diameter of equal spheres with the same volume per surface as all particles together; "
        "it counts where surfaces react."
    ),
    "d43": "The mean diameter where each particle counts by its volume; large ones dominate it.",
    "area_d10": "A tenth of the particles' area is in particles smaller than this.",
    "area_d50": "Half of the particles' area is in particles smaller than this.",
    "area_d90": "Nine tenths of the particles' area is in particles smaller than this.",
    "volume_d10": "A tenth of the volume is in particles smaller than this.",
    "volume_d50": "Half of the volume is in particles smaller than this, as sieving would say.",
    "volume_d90": "Nine tenths of the volume is in particles smaller than this.",
    "span": "How wide the distribution is: 0 where all particles are equal.",
    "iso_aspect_ratio": "The least width of a particle by the largest: 1 round, near 0 a needle.",
    "circularity": "1 for a circle, less for anything else; rough outlines lower it most.",
    "form_factor": "The square of the circularity; ImageJ calls it circularity.",
    "solidity": "The share of its convex hull that a particle fills: below 1 where it has bays.",
    "count": "How many were found, those that the edge cuts included.",
    "number_density": "How many there are per area of the section.",
    "area_fraction": _SHARE,
    "mean_free_path": "The mean distance along a line from the rim of one to the rim of the next.",
    "nearest_neighbour": "The mean distance from each particle's middle to the nearest other one.",
    "clark_evans": "1 for particles placed at random, less for clusters, up to 2.15 for a lattice.",
    "g_lines": _G,
    "g_circles": _G,
    "g_jeffries": _G,
    "g_saltykov": _G,
    "g_iso643": "The same idea as ASTM's number, 0.046 lower by its definition.",
    "g_ala": "G of the largest grain alone ('as large as'): it shows single coarse grains.",
    "mean_intercept": "The mean length of a straight test line from one boundary to the next.",
    "mean_chord": "The same without the width of the boundaries, as they were segmented.",
    "anisotropy": "1 where grains are as long as they are high, above 1 where they lie flat.",
    "mean_area": "The area of the image by the number of grains in it.",
    "mean_whole_area": "The mean area of grains that the edge does not cut.",
    "largest_area": "The area of the largest grain that the edge does not cut.",
    "mean_thickness": "The mean distance across the layer, measured along its middle line.",
    "median_thickness": "Half of the layer's length is thinner than this.",
    "minimum_thickness": "The thinnest place.",
    "maximum_thickness": "The thickest place.",
    "thickness_deviation": "How much the thickness varies along the layer.",
    "mean_fibre_diameter": "The mean distance across a fibre, over the length of all fibres.",
    "alignment": "0 where fibres point in all directions alike, 1 where all are parallel.",
    "crack_density": "How much length of crack there is per area of the image.",
}


def explained(quantity: Quantity) -> str:
    """Return what a quantity means; "" where its name says it."""
    if quantity.key.startswith(("fraction_", "points_")):
        return _SHARE
    return _MEANING.get(quantity.key, "")

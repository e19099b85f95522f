"""A random forest that learns from a few strokes or a small mask on the image itself."""

from __future__ import annotations

from core.types import ModelCard, Phase

CARD = ModelCard(
    name="random-forest",
    title="Random forest of your strokes",
    purpose="Learns the phases from a few strokes on your image; for images that no network fits.",
    phases=(Phase("background", "#0072B2"), Phase("object", "#E69F00")),
    build=None,
    needs_marks=True,
    weights=None,
    architecture="classic: 50 trees on 8 filters at 4 scales, 0.7 to 7 px",
    mean=0.0,
    std=1.0,
    data="none before you mark pixels of each phase: strokes on the page, --marks on the terminal",
    licence="BSD-3-Clause",
    reference=(
        "Breiman 2001, doi:10.1023/A:1010933404324; forest of scikit-learn; filters as in ilastik, "
        "doi:10.1038/s41592-019-0582-9"
    ),
    limits=(
        "Sees 57 px around a pixel and no shape: phases that look alike at that distance stay "
        "mixed. It knows the image it was taught on; another one may need strokes of its own."
    ),
    objects_phase=1,
)

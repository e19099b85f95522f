"""A random forest that learns from a few strokes or a small mask on the image itself."""

from __future__ import annotations

from core.types.model_card import ModelCard, Score
from core.types.segmentation import Phase

EMPS = (
    "20 images of EMPS, the first of the validation split; Otsu's threshold on "
    "them: 0.463 (0.323 to 0.608); in brackets 95 % intervals by bootstrap over images"
)
COMMAND = "python -m benchmarks.accuracy.forest DIR"

CARD = ModelCard(
    name="random-forest",
    title="Random forest",
    purpose="Pixel classifier trained on a few annotated strokes; for images that no network fits.",
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
        "Sees 57 px around a pixel and no shape: phases of equal texture at that scale are "
        "confused. It is trained on one image; another one may need its own strokes."
    ),
    objects_phase=1,
    scores=(
        Score("IoU of particles, 2 strokes a phase (0.628 to 0.807)", 0.721, EMPS, command=COMMAND),
        Score("the same, 1 correction more (0.674 to 0.841)", 0.761, EMPS, command=COMMAND),
        Score("the same, 2 corrections more (0.811 to 0.901)", 0.859, EMPS, command=COMMAND),
    ),
)

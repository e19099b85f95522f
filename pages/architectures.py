"""Architectures: from LeNet-5 to the U-Net, side by side and on this micrograph."""

from pages.components.frame import question
from pages.components.learn import architectures as learn_architectures
from pages.components.learn import frame as learn

PAGE = {"group": "Learn", "title": "Architectures", "order": 6}

opened = learn.begin(
    "Architectures",
    "From LeNet-5 to the U-Net: what was new in each network, how it is built, what it costs, and "
    "how much of this micrograph one of its units sees.",
    why="Which network suits a micrograph depends on how large its structures are, how sharp "
    "their outlines have to be, and how much memory there is.",
)
facts = learn_architectures.collect()
learn_architectures.explorer(opened, facts)
question.predict(
    "architectures",
    question.Question(
        "Where are most of the 138 million parameters of VGG16?",
        truth="the first dense layer",
        choices=("the 13 convolutions", "the first dense layer", "the last dense layer"),
        why="102,764,544 of 138,357,544, or 74 %, connect 7 × 7 × 512 values to 4,096 units. The "
        "13 convolutions have 14,714,688. ResNet averages its maps instead.",
    ),
)
learn.end(
    "Architectures",
    "LeCun et al. 1998, doi:10.1109/5.726791; He et al. 2016, arXiv:1512.03385",
)

"""Pooling: one number for each window, what it keeps and what it loses."""

from pages.components.frame import question
from pages.components.learn import frame as learn
from pages.components.learn import pooling as learn_pooling

PAGE = {"group": "Learn", "title": "Pooling", "order": 4}

opened = learn.begin(
    "Pooling",
    "One number per window gives a smaller image. The maximum keeps bright spots, the average "
    "reduces noise; see what each does to this micrograph.",
    why="How a network pools decides whether its deeper layers still see a precipitate of a few "
    "bright pixels in a noisy image.",
    has_picture=False,
)
learn_pooling.lesson(opened)
question.predict(
    "pooling",
    question.Question(
        "A flat, noisy background has mean 100 and standard deviation 10. What is its mean after "
        "2 × 2 max pooling?",
        truth=110,
        why="The largest of four normally distributed values lies on average 1.0294 standard "
        "deviations above the mean: 110.3. Average pooling leaves the mean at 100 and halves the "
        "noise. Try the flat background above.",
        low=90,
        high=130,
        tolerance=1,
    ),
)
learn.end("Pooling", "Boureau, Ponce and LeCun 2010; shifts: Zhang 2019, arXiv:1904.11486")

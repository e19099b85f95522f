"""The gold study, step 2: which pixels are gold, and how far a threshold goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import question, screen
from pages.components.frame.page_link import PageLink
from pages.components.frame.question import Question
from pages.components.frame.serving import publish
from pages.components.studies import study
from pages.components.studies.gold import settings as study_gold_settings
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.synthesis.gold.image import GoldImage


def draw(link: PageLink) -> None:
    """Draw the question, a threshold to move, and the two histograms."""
    st.markdown(
        "**Which pixels are gold?** Not simply the dark ones: a lattice has bright and dark "
        "fringes, and carbon has speckle of the same grey. What sets gold apart is how grey levels "
        "are arranged."
    )
    made = study_gold_settings.image(link)
    if made is None:
        return
    question.predict(
        "gold_threshold",
        Question(
            "Is there one grey level that separates the gold of this image from its carbon?",
            truth="no",
            choices=("yes", "no"),
            why="The two histograms below overlap; where they do, one grey level belongs to both.",
        ),
    )
    st.subheader("A threshold instead of a network")
    one, two = st.columns(2)
    with one:
        blur = link.slider("Blur first (nm, standard deviation)", "blur", 0.0, 0.0, 0.6, 0.02)
    with two:
        threshold = link.slider("Threshold on the grey level", "threshold", 0.5, 0.0, 1.0, 0.01)
    _threshold(made, blur, threshold)
    study.go_on({"image_problem": "The image problem", "convolution": "Convolution"})


def _threshold(made: GoldImage, blur_nm: float, threshold: float) -> None:
    from studies.gold import figures
    from studies.gold.scoring import study_thresholds

    found = study_thresholds(made.grey, made.labels, blur_nm / made.settings.pixel_size_nm)
    left, right = st.columns(2)
    with left:
        shown = publish.grey_image(found.grey, "The image, blurred", made.settings.pixel_size_nm)
        viewer(shown, ViewerSettings(height=380), key="gold_blurred")
        st.caption(study_gold_settings.in_words(made))
    with right:
        marked = figures.mask_picture(found.grey, found.mask(threshold), made.labels > 0)
        picture = publish.color_image(marked, "By threshold", made.settings.pixel_size_nm)
        viewer(picture, ViewerSettings(height=380), key="gold_threshold_mask")
        st.caption(
            "Yellow: called gold, and it is. Vermilion: called gold, and it is carbon. Blue: "
            f"missed. Gold is the {'darker' if found.dark else 'brighter'} side."
        )
    one, two, three, four = st.columns(4)
    one.metric("Dice, your threshold", f"{found.dice(threshold):.3f}")
    two.metric(f"Dice, Otsu's threshold ({found.otsu:.2f})", f"{found.dice(found.otsu):.3f}")
    three.metric(f"Dice, best threshold ({found.best:.2f})", f"{found.dice(found.best):.3f}")
    four.metric("Overlap of the histograms", f"{100 * found.overlap:.0f} %")
    gold = made.labels > 0
    figure = figures.grey_figure(found.grey[~gold], found.grey[gold], threshold)
    screen.chart(figure, "gold_grey", height=340)
    share = 100 * gold.mean()
    st.caption(
        f"Gold covers {share:.0f} % of the image; calling everything gold would have a Dice of "
        f"{2 * share / (100 + share):.3f}. The best threshold was chosen with the label, which no "
        "user has; Otsu's uses the histogram alone. A blur wider than the fringes helps where gold "
        "is darker on average, and smears the outline. Dice: twice the overlap divided by the sum "
        "of both areas."
    )

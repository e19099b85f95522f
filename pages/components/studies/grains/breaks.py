"""The grain study, step 5: what each effect of the generator is worth on real micrographs."""

from __future__ import annotations

import streamlit as st

from pages.components.frame import screen
from pages.components.frame.page_link import PageLink
from pages.components.studies import study


def draw(link: PageLink) -> None:
    """Draw the shipped ablation, and what it says."""
    from studies.grains import figures
    from studies.grains.networks import results as grains_study

    rows = grains_study.ablation()
    whole = next(row for row in rows if not row.without)
    others = sorted((row for row in rows if row.without), key=lambda row: row.dice)
    st.subheader("Ablation: one effect left out at a time")
    st.markdown(
        f"Each dot is a separate network, trained for {grains_study.STEPS} steps without one "
        "effect and evaluated on real micrographs. The line is the same short training with all "
        "effects; the shipped network was trained for longer."
    )
    screen.chart(
        figures.ablation_figure(
            [row.title for row in others],
            [row.dice for row in others],
            [row.half_interval for row in others],
            whole.dice,
        ),
        "grain_ablation",
        height=150 + 34 * len(others),
    )
    st.table(
        [
            {
                "without": row.title,
                "boundary Dice within 3 px": f"{row.dice:.3f}",
                "change": f"{row.dice - whole.dice:+.3f}" if row.without else "",
            }
            for row in (whole, *others)
        ],
        border="horizontal",
    )
    st.caption(
        f"{whole.images} optical micrographs of 316L steel, boundaries traced by hand (Warren et "
        "al., arXiv:2307.05911). One seed each, so small differences may be chance. Bars: 95 % "
        "bootstrap intervals over micrographs, one tile of each."
    )
    study.measured_by("make studies")
    study.go_on({"image_problem": "The image problem"}, {"model": "grains", "view": "kernels"})

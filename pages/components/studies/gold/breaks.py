"""The gold study, step 5: dose, defocus, magnification, receptive field, skips, and the physics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import screen
from pages.components.frame.page_link import PageLink
from pages.components.studies import study
from pages.components.studies.gold.network import CARD

if TYPE_CHECKING:
    from studies.gold.figures import Dot
    from studies.gold.networks.results import BaselineRow, CurveRow, FieldRow

CURVES = {
    "dose": "Dose",
    "defocus": "Defocus",
    "magnification": "Wrong magnification",
}
AXES = {
    "dose": "dose (electrons/nm²)",
    "defocus": "defocus (nm, underfocus negative)",
    "magnification": "image enlarged by this factor",
}
PUBLISHED = [
    {
        "published": "Groschner et al. 2021",
        "images": "real HRTEM images of nanoparticles, traced by hand",
        "Dice": "0.8",
    },
    {
        "published": "Sytwu et al. 2022, smallest to largest receptive field",
        "images": "real HRTEM images of gold, traced by hand",
        "Dice": "0.72 to 0.78",
    },
]


def draw(link: PageLink) -> None:
    """Draw what was measured, section by section; one that was not measured is left out."""
    from studies.gold.networks import results as gold_study

    _curves(link, gold_study.read_curves())
    fields = gold_study.read_fields()
    _fields(fields, gold_study.read_baselines())
    _skips(fields)
    _published()
    _simulation(gold_study.read_multislice())
    study.measured_by("make studies")
    study.go_on(
        {"receptive_field": "Receptive field", "skip_connections": "Skip connections"},
        {"model": CARD, "sample": "gold-hrtem", "view": "field"},
    )


def _curves(link: PageLink, rows: Sequence[CurveRow]) -> None:
    from studies.gold import figures
    from studies.gold.networks import results as gold_study

    kinds = {name: title for name, title in CURVES.items() if any(r.curve == name for r in rows)}
    if not kinds:
        return
    st.subheader("Out-of-distribution performance")
    name = link.choose("Change", "fault", kinds)
    mine = [row for row in rows if row.curve == name]
    x = [row.value for row in mine]
    low, high = [row.low for row in mine], [row.high for row in mine]
    curves = [
        figures.Curve("the shipped network", x, [row.dice for row in mine], low, high),
        figures.Curve("Otsu's threshold", x, [row.otsu for row in mine]),
    ]
    trained = gold_study.TRAINED[name]
    figure = figures.curves_figure(curves, AXES[name], trained, log=name != "defocus")
    screen.chart(figure, f"gold_curve_{name}", height=400)
    worst = min(mine, key=lambda row: row.dice)
    st.caption(
        f"Each point: the same {mine[0].images} specimens, not used for training; bars: 95 % "
        f"bootstrap intervals over images; shaded: the range of the training images. Worst: "
        f"{worst.dice:.2f} at {worst.value:g}."
    )


def _fields(rows: Sequence[FieldRow], thresholds: Sequence[BaselineRow]) -> None:
    from studies.gold import figures
    from studies.gold.contrasts import TITLES
    from studies.gold.networks import results as gold_study

    plain = [row for row in rows if row.network.skips]
    by_title = {
        title: [row for row in plain if row.network.contrast == contrast]
        for contrast, title in TITLES.items()
    }
    dots = {
        title: [figures.Dot(row.field_high_px, row.dice, row.low, row.high) for row in found]
        for title, found in by_title.items()
        if found
    }
    if not dots:
        return
    st.subheader("How large a receptive field is needed?")
    screen.chart(figures.field_figure(dots), "gold_fields", height=420)
    said = [_gain(title, found) for title, found in dots.items()]
    said += [f"**{TITLES[one.contrast]},** {one.method}: Dice {one.dice:.2f}" for one in thresholds]
    st.markdown("\n".join(f"- {one}" for one in said))
    ends = " and ".join(
        f"from {gold_study.levels_off_px(found)} px on with {title.lower()}"
        for title, found in by_title.items()
        if found
    )
    st.markdown(
        "Sytwu et al. found on real micrographs that the receptive field matters for lattice "
        "(phase) contrast and **not** for mass contrast. That difference is not reproduced here: "
        "with mass contrast the Dice coefficient rises with the receptive field as well. Within "
        f"its interval it no longer differs from that of the largest field {ends}."
    )
    st.caption(
        "Each dot is a separate small U-Net, with a different number of pooling layers or a "
        f"different seed, trained for the same number of steps and scored on {plain[0].images} "
        "unseen images; bars: 95 % bootstrap intervals over images. The receptive field is the "
        "largest of any output pixel. After Sytwu et al. 2022, arXiv:2204.04250."
    )


def _gain(title: str, dots: Sequence[Dot]) -> str:
    small, large = min(dot.field_px for dot in dots), max(dot.field_px for dot in dots)

    def mean(wanted: float) -> float:
        values = [dot.dice for dot in dots if dot.field_px == wanted]
        return sum(values) / len(values)

    return f"**{title}:** Dice {mean(small):.2f} at {small:g} px, {mean(large):.2f} at {large:g} px"


def _skips(rows: Sequence[FieldRow]) -> None:
    found = []
    for row in rows:
        other = next((one for one in rows if _twin(row, one)), None)
        if row.network.skips and other is not None:
            found.append(
                {
                    "poolings": row.network.poolings,
                    "seed": row.network.seed,
                    "with skips": f"{row.dice:.3f} ({row.low:.3f} to {row.high:.3f})",
                    "without": f"{other.dice:.3f} ({other.low:.3f} to {other.high:.3f})",
                    "change": f"{other.dice - row.dice:+.3f}",
                }
            )
    if not found:
        return
    st.subheader("The same network without its skip connections")
    st.table(found, border="horizontal")
    st.caption(
        "Dice on lattice images, retrained without skips. Dice counts area: an outline that is a "
        "pixel off hardly changes it. In brackets: 95 % bootstrap interval over images."
    )


def _twin(row: FieldRow, other: FieldRow) -> bool:
    """Return whether two rows differ by the skip connections alone."""
    one, two = row.network, other.network
    same = (one.contrast, one.poolings, one.seed) == (two.contrast, two.poolings, two.seed)
    return same and one.skips and not two.skips


def _published() -> None:
    from models import zoo

    st.subheader("Beside published numbers")
    ours = [
        {"published": "here: " + one.metric, "images": one.data, "Dice": f"{one.value:.2f}"}
        for one in zoo.card(CARD).scores
        if "Dice" in one.metric
    ]
    st.table([*ours, *PUBLISHED], border="horizontal")
    st.caption(
        "Not comparable: theirs are real micrographs traced by people, ours are simulated and the "
        "outline is known exactly. Groschner et al., doi:10.1017/S1431927621000386; Sytwu et al., "
        "arXiv:2204.04250. Step 4 measures on your own masks how far two people differ."
    )


def _simulation(rows: Sequence[Mapping[str, str]]) -> None:
    if not rows:
        return
    st.subheader("What the simulation leaves out")
    st.markdown(
        "The specimen is treated as one slice (projection approximation): the wave does not spread "
        "within it. The table compares the images with a multislice calculation (abTEM). Also left "
        "out, there as here: the **convergence** of the beam (its angular spread damps high "
        "spatial frequencies away from focus), the **MTF of the camera**, which blurs image and "
        "noise, and **inelastic scattering**, a diffuse background that grows with thickness. "
        "Real images have less contrast and smoother noise than these."
    )
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        name = f"{row['kind']}, {float(row['diameter_nm']):g} nm"
        found.setdefault((name, row["orientation"]), {})[row["lens"]] = row["correlation"]
    lenses = list(dict.fromkeys(row["lens"] for row in rows))
    st.table(
        [
            {"particle": name, "turned": turned}
            | {f"correlation, lens {one}": f"{float(by_lens[one]):.2f}" for one in lenses}
            for (name, turned), by_lens in found.items()
        ],
        border="horizontal",
    )
    st.caption(
        "A correlation of 1 means identical images. Along a zone axis the atomic columns channel "
        "the wave, and one slice is no longer enough; a network trained here may fail on such "
        "particles."
    )

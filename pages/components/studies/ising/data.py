"""The Ising study, step 1: a lattice that runs, and snapshots of two kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from pages.components.frame import screen, session, stores
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.studies import study
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.synthesis.ising.live import LiveLattice, Means
    from core.synthesis.ising.snapshots import Snapshots

LATTICE = "ising-lattice"
SWEEPS_A_TICK, MOST_SWEEPS, MOST_STEPS, TICK_SECONDS = 40, 3000, 60_000, 0.6
ALGORITHMS = {
    "checkerboard": "Metropolis, checkerboard",
    "random": "Metropolis, random sites",
    "wolff": "Wolff",
}
KINDS = {"quench": "Quench, as in the lecture", "equilibrium": "Equilibrium"}
SIDES = {"64": "64 x 64", "16": "16 x 16"}
FIGURE_BYTES = 300_000
SHOWN = (0.6, 1.5, 2.1, CRITICAL_TEMPERATURE, 2.6, 4.0)


def draw(link: PageLink) -> None:
    """Draw what the model is, a live lattice, and the snapshots."""
    _model()
    st.subheader("A lattice, live")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = link.whole_number("Side L (even)", "side", 64, 2)
        algorithm = link.choose("Algorithm", "algorithm", ALGORITHMS)
        start = link.choose("Start", "start", {"random": "random", "ordered": "ordered"})
        anew = st.button("Start again")
    temperature = link.slider("Temperature T (J/k)", "temperature", 2.27, 0.1, 5.0, 0.01)
    try:
        lattice = _lattice(side, temperature, start, anew)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    every = None if _rests(lattice) else TICK_SECONDS
    st.fragment(_live, run_every=every)(lattice, algorithm)
    st.subheader("Snapshots")
    snapshots(link)
    study.go_on({"convolution": "Convolution", "sharing": "Sharing"})


def _model() -> None:
    from studies.ising import model_figures
    from studies.ising.networks import results as ising

    st.subheader("What an Ising model is")
    st.markdown(
        "Each site of a square lattice carries a **spin** that points up (light) or down (dark), "
        "and every pair of neighbours that disagree (orange) costs the energy 2 J. "
        "Heat flips spins at random: below the **critical temperature** "
        f"Tc = 2 / ln(1 + √2) = {CRITICAL_TEMPERATURE:.4f} J/k one direction wins on the whole "
        "lattice, above it neither does."
    )
    figure = stores.kept(
        ("ising model",), lambda: model_figures.model_figure(ising.three_snapshots()), FIGURE_BYTES
    )
    screen.chart(figure, "ising_model", height=350)


def _lattice(side: int, temperature: float, start: str, anew: bool) -> LiveLattice:
    """Return the session's lattice, a new one where side or start changed."""
    from core.synthesis.ising.live import LiveLattice

    kept = session.value_of(LATTICE)
    if anew or kept is None or (kept.side, kept.start) != (side, start):
        kept = LiveLattice(side, temperature, start, seed=0 if kept is None else kept.seed + 1)
        session.remember(LATTICE, kept)
    if kept.temperature != temperature:
        kept.heat_to(temperature)
    return kept


def _rests(lattice: LiveLattice) -> bool:
    return lattice.sweeps >= MOST_SWEEPS or lattice.steps >= MOST_STEPS


def _live(lattice: LiveLattice, algorithm: str) -> None:
    from studies.ising import model_figures

    if not _rests(lattice):
        lattice.advance(ALGORITHMS[algorithm], SWEEPS_A_TICK, seconds=0.25)
        if _rests(lattice):
            st.rerun()
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        name = f"Ising lattice, L = {lattice.side}"
        shown = publish.grey_image(
            model_figures.lattice_pixels(lattice.spins[0], lattice.side), name
        )
        viewer(
            replace(shown, unit="sites"),
            ViewerSettings(height=560),
            key="ising_live",
        )
    means = lattice.means()
    with right:
        for quantity in ("energy", "magnetization"):
            screen.chart(
                model_figures.exact_figure(
                    quantity,
                    lattice.temperature,
                    getattr(lattice, quantity),
                    getattr(means, quantity, None),
                    lattice.side,
                ),
                f"ising_live_{quantity}",
                height=262,
            )
        _numbers(lattice, means, algorithm)


def _numbers(lattice: LiveLattice, means: Means | None, algorithm: str) -> None:
    from core.synthesis.ising import exact as ising_exact

    parts = []
    for quantity, title in (("energy", "Energy per site"), ("magnetization", "|m|")):
        exact = float(getattr(ising_exact, quantity)(lattice.temperature))
        mean = getattr(means, quantity, None)
        told = "" if mean is None else f", mean {mean.value:.3f} ± {mean.error:.3f}"
        parts.append(
            f"{title}: now {getattr(lattice, quantity):.3f}{told}, exact (infinite lattice) "
            f"{exact:.3f}"
        )
    time = f"{lattice.sweeps:,.0f} sweeps"
    if algorithm == "wolff":
        time = f"{lattice.steps:,} clusters, {lattice.sweeps:,.1f} flips per spin"
    rest = " It has stopped; change T or start again." if _rests(lattice) else ""
    st.caption(f"{'; '.join(parts)}. {time}.{rest}")
    if means is None:
        twin = ", and an unseen lattice that began ordered," if lattice.start == "random" else ""
        slow = (
            " Single flips move domain walls slowly, and near Tc everything: try Wolff's clusters."
            if algorithm != "wolff"
            else ""
        )
        waits = "No mean:" if _rests(lattice) else "No mean yet: it is shown once"
        agree = "did not agree" if _rests(lattice) else "agree"
        st.caption(f"{waits} the two halves of the run{twin} {agree} within their errors.{slow}")


def snapshots(link: PageLink) -> None:
    """Draw the switch of the two kinds, six snapshots, and what all of them have in common."""
    from studies.ising.networks import results as ising

    with st.container(horizontal=True):
        kind = link.choose("Kind", "kind", KINDS)
        side = int(link.choose("Size", "size", SIDES))
    data = ising.snapshots(kind, side)
    _gallery(data, kind)
    from studies.ising import model_figures

    left, right = st.columns(2)
    for column, quantity in ((left, "energy"), (right, "magnetization")):
        with column:
            figure = stores.kept(
                ("ising snapshots", kind, side, quantity),
                lambda quantity=quantity: model_figures.snapshots_figure(
                    quantity, data, f"{len(data):,} snapshots"
                ),
                FIGURE_BYTES,
            )
            screen.chart(figure, f"ising_all_{quantity}", height=330)
    if kind == "quench":
        st.markdown(
            "The lecture's images are a **quench**: from a random start, L sweeps at random sites. "
            "Below Tc they consist of domains that had no time to coarsen, so |m| lies far below "
            "the exact curve, while the energy lies close to it. The order parameter of the "
            "textbook is the wrong feature here."
        )
    else:
        st.markdown(
            "In **equilibrium** the snapshots scatter around the exact curves, apart from the "
            "finite size: near Tc the correlation length exceeds the lattice, and |m| ends in a "
            "tail above Tc."
        )
    st.caption(
        "Generated by Lamella with fixed seeds: `python -m research.ising.make_snapshots`. The "
        "lecture's own 5000 + 5000 images come with `lamella fetch ising` (mdsdata, MIT); the "
        "shipped networks were trained on those."
    )


def _gallery(data: Snapshots, kind: str) -> None:
    from core.figures import encoding
    from core.synthesis.ising.lattice import energy, magnetization
    from studies.ising import model_figures

    for column, wanted in zip(st.columns(len(SHOWN)), SHOWN, strict=True):
        index = int(abs(data.temperatures - wanted).argmin())
        spins = data.spins[index]
        picture = publish.overlay(
            "ising",
            f"{kind} {data.side} {index}",
            lambda spins=spins: encoding.encode_grey(model_figures.lattice_pixels(spins)),
        )
        temperature = data.temperatures[index]
        phase = "T < Tc, label 0" if data.labels[index] == 0 else "T > Tc, label 1"
        one = spins[None]
        column.markdown(f"![Snapshot at T = {temperature:.2f}]({picture.url})")
        column.caption(
            f"T = {temperature:.2f}: {phase}. e = {energy(one)[0]:.2f}, "
            f"|m| = {abs(magnetization(one)[0]):.2f}"
        )

"""The Ising study, step 1: a lattice that runs, and snapshots of two kinds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.errors import LamellaError
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from pages.components.frame import publish, screen, session
from pages.components.frame.page_link import PageLink
from pages.components.studies import study
from pages.components.viewer.viewer import viewer

LATTICE = "ising-lattice"
STEPS_A_TICK, MOST_STEPS, TICK_SECONDS = 10, 300, 0.6
ALGORITHMS = {
    "checkerboard": "Metropolis, checkerboard",
    "random": "Metropolis, random sites",
    "wolff": "Wolff",
}
KINDS = {"quench": "Quench, as in the lecture", "equilibrium": "Equilibrium"}
SIDES = {"64": "64 x 64", "16": "16 x 16"}
SHOWN = (0.6, 1.5, 2.1, CRITICAL_TEMPERATURE, 2.6, 4.0)


def draw(link: PageLink) -> None:
    """Draw the live lattice, then the snapshots."""
    st.subheader("A lattice, live")
    st.markdown(
        "Each site is a spin, up (light) or down (dark). Neighbours that agree save energy; "
        "temperature disturbs them. Below the critical temperature "
        f"Tc = 2 / ln(1 + √2) = {CRITICAL_TEMPERATURE:.6f} J/k order wins, above it disorder."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = link.whole_number("Side L (even)", "side", 64, 2)
        algorithm = link.choose("Algorithm", "algorithm", ALGORITHMS)
        start = link.choose("Start", "start", {"random": "random", "ordered": "ordered"})
        anew = st.button("Start again")
    temperature = link.slider("Temperature T (J/k)", "temperature", 2.27, 0.1, 5.0, 0.01)
    try:
        lattice = _lattice(side, temperature, start, anew)
    except LamellaError as error:
        st.warning(str(error))
        return
    running = lattice.steps < MOST_STEPS
    st.fragment(_live, run_every=TICK_SECONDS if running else None)(lattice, algorithm)
    st.subheader("Snapshots")
    snapshots(link)


def _lattice(side: int, temperature: float, start: str, anew: bool) -> Any:
    """Return the session's lattice, a new one where side or start changed."""
    from core.synthesis.ising.live import LiveLattice

    kept = session.value_of(LATTICE)
    if anew or kept is None or (kept.side, kept.start) != (side, start):
        kept = LiveLattice(side, temperature, start, seed=0 if kept is None else kept.seed + 1)
        session.remember(LATTICE, kept)
    if kept.temperature != temperature:
        kept.heat_to(temperature)
    return kept


def _live(lattice: Any, algorithm: str) -> None:
    from studies.ising import figures

    if lattice.steps < MOST_STEPS:
        lattice.advance(ALGORITHMS[algorithm], STEPS_A_TICK)
        if lattice.steps >= MOST_STEPS:
            st.rerun()
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        name = f"Ising lattice, L = {lattice.side}"
        viewer(
            publish.grey_image(figures.lattice_pixels(lattice.spins[0], 512), name),
            key="ising_live",
            height=560,
        )
    now = {"energy": lattice.energies[-1], "magnetisation": lattice.magnetizations[-1]}
    means = {"energy": lattice.mean_energy, "magnetisation": lattice.mean_magnetization}
    with right:
        for quantity in ("energy", "magnetisation"):
            screen.chart(
                figures.exact_figure(
                    quantity, lattice.temperature, now[quantity], means[quantity], lattice.side
                ),
                f"ising_live_{quantity}",
                height=262,
            )
        _numbers(lattice, now, means)


def _numbers(lattice: Any, now: dict[str, float], means: dict[str, float | None]) -> None:
    from core.synthesis.ising import exact as ising_exact

    exact = {
        "energy": float(ising_exact.energy(lattice.temperature)),
        "magnetisation": float(ising_exact.magnetization(lattice.temperature)),
    }
    parts = []
    for quantity, title in (("energy", "Energy a site"), ("magnetisation", "|m|")):
        mean = "" if means[quantity] is None else f", mean {means[quantity]:.3f}"
        parts.append(f"{title}: now {now[quantity]:.3f}{mean}, exact {exact[quantity]:.3f}")
    rest = " It rests now; move T or start again." if lattice.steps >= MOST_STEPS else ""
    st.caption(f"{'; '.join(parts)}. {lattice.steps} steps.{rest}")


def snapshots(link: PageLink) -> None:
    """Draw the switch of the two kinds, six snapshots, and what all of them have in common."""
    from studies.ising.networks import results as ising

    with st.container(horizontal=True):
        kind = link.choose("Kind", "kind", KINDS)
        side = int(link.choose("Size", "size", SIDES))
    data = ising.snapshots(kind, side)
    _gallery(data, kind)
    from studies.ising import figures

    left, right = st.columns(2)
    for column, quantity in ((left, "energy"), (right, "magnetisation")):
        with column:
            screen.chart(
                figures.snapshots_figure(quantity, data, f"{len(data):,} snapshots"),
                f"ising_all_{quantity}",
                height=330,
            )
    if kind == "quench":
        st.markdown(
            "The lecture's images are a **quench**: from a random start, L sweeps at random sites. "
            "Below Tc they are domains that had no time to grow together, so |m| lies far below "
            "the exact curve, while the energy lies close to it. The order parameter of the "
            "textbook is the wrong feature here."
        )
    else:
        st.markdown(
            "In **equilibrium** each snapshot lies on the exact curves, but for the finite size: "
            "near Tc a lattice cannot tell itself from an infinite one, and |m| ends in a tail."
        )
    st.caption(
        "Made by Lamella with seeds, by `python -m research.ising.make_snapshots`. The lecture's "
        "own 5000 + 5000 images come with `lamella fetch ising` (mdsdata, MIT); the networks that "
        "are shipped learned from those."
    )


def _gallery(data: Any, kind: str) -> None:
    from core.figures import encoding
    from core.synthesis.ising.lattice import energy, magnetization
    from studies.ising import figures

    for column, wanted in zip(st.columns(len(SHOWN)), SHOWN, strict=True):
        index = int(abs(data.temperatures - wanted).argmin())
        spins = data.spins[index]
        picture = publish.layer(
            "ising",
            f"{kind} {data.side} {index}",
            lambda spins=spins: encoding.encode_grey(figures.lattice_pixels(spins)),
        )
        temperature = data.temperatures[index]
        phase = "T < Tc, label 0" if data.labels[index] == 0 else "T > Tc, label 1"
        one = spins[None]
        column.markdown(f"![Snapshot at T = {temperature:.2f}]({picture.url})")
        column.caption(
            f"T = {temperature:.2f}: {phase}. e = {energy(one)[0]:.2f}, "
            f"|m| = {abs(magnetization(one)[0]):.2f}"
        )


def links() -> None:
    """Draw where to read on."""
    study.go_on({"convolution": "Convolution", "sharing": "Sharing"})

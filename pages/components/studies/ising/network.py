"""The Ising study, step 3: choose a network, see its layers, train it here."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.errors import LamellaError
from core.types import ProgressCallback
from pages.components.frame import background, screen, stores
from pages.components.frame.page_link import PageLink
from pages.components.studies import study

EPOCHS = 8
LEARN = {
    "The image problem": "image_problem",
    "Convolution": "convolution",
    "Sharing": "sharing",
    "Architectures": "architectures",
    "Skip connections": "skip_connections",
}


def draw(link: PageLink) -> None:
    """Draw the choice of the network, its layers, and its training."""
    from studies.ising.networks.results import NETWORKS

    with st.container(horizontal=True):
        side = int(link.choose("Size", "size", {"64": "64 x 64", "16": "16 x 16"}))
        fitting = {name: one.title for name, one in NETWORKS.items() if side in one.sides}
        # What fits all sizes comes first, and is quick to train.
        order = {"symmetric": fitting.pop("symmetric"), **fitting}
        name = link.choose("Network", "network", order, in_list=True)
    st.markdown(NETWORKS[name].idea)
    _layers(name, side)
    st.subheader("Train it here")
    _training(link, name, side)
    study.go_on({LEARN[NETWORKS[name].learn]: NETWORKS[name].learn}, inspect_link(name, side))


def inspect_link(name: str, side: int) -> dict[str, str]:
    """Return the parameters with which Inspect opens the shipped network on an Ising snapshot."""
    return {"sample": f"ising-{side}", "network": f"ising-{name}-{side}", "view": "kernels"}


def _layers(name: str, side: int) -> None:
    def make() -> Any:
        from core.inspection.layers import layer_table
        from core.inspection.trace import trace_network
        from studies.ising.networks.results import NETWORKS

        return layer_table(trace_network(NETWORKS[name].build(side).eval(), (1, 1, side, side)))

    table = stores.kept(("ising layers", name, side), make)
    rows = [
        {
            "layer": row.layer.name,
            "kind": row.layer.kind,
            "output": " x ".join(str(n) for n in row.layer.shape),
            "parameters": f"{row.layer.parameters:,}",
        }
        for row in table.rows
        if row.layer.parameters
    ]
    with st.expander(f"{table.parameters:,} parameters in {len(rows)} layers"):
        st.table(rows, border="horizontal")


def _training(link: PageLink, name: str, side: int) -> None:
    from studies.ising.download import has_ising
    from studies.ising.networks import results as ising

    sources = {"made": "Quench, made by Lamella", "equilibrium": "Equilibrium, made by Lamella"}
    if has_ising():
        sources = {"lecture": "The lecture's images", **sources}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = link.choose("Images", "images", sources)
        symmetries = link.choose("Symmetries", "symmetries", {"on": "on", "off": "off"})
        epochs = link.whole_number("Epochs", "epochs", EPOCHS)
        seed = link.whole_number("Seed", "seed", 0)
    if "lecture" not in sources:
        st.caption(
            "The lecture's own images are not here; `lamella fetch ising` brings them. Until then "
            "the network learns from quenches that Lamella made."
        )
    if not 1 <= epochs <= 60 or seed < 0:
        st.warning(
            f"{epochs} epochs with seed {seed} came; it needs 1 to 60 epochs and a seed of 0 or "
            "more."
        )
        return
    try:
        data = _data(source, side)
    except LamellaError as error:
        st.warning(str(error))
        return
    key = (name, side, source, symmetries, epochs, seed)
    seen: list[Any] = []

    def work(progress: ProgressCallback) -> Any:
        from studies.ising.scoring import train_live
        from studies.ising.training import ClassifierRecipe

        network = ising.NETWORKS[name]
        recipe = ClassifierRecipe(
            epochs, network.learning_rate, symmetries=symmetries == "on", seed=seed
        )
        other = "quench" if source == "equilibrium" else "equilibrium"
        elsewhere = ising.snapshots(other, side)
        return train_live(
            lambda: network.build(side), data, elsewhere, recipe, progress, seen.append
        )

    baseline = stores.kept(("ising baseline", source, side), lambda: _baseline(data))
    found = background.run("ising", "Train", key, work, 3_000_000, step="Batch", seen=seen)
    if found is not None:
        _curves(found.scores, epochs, found.thresholds["energy"], "done")
        _result(found, source)
    else:
        _live(baseline)


def _data(source: str, side: int) -> Any:
    from core.synthesis.ising.data import read_snapshots
    from studies.ising.download import ising_folder
    from studies.ising.networks import results as ising

    if source == "lecture":
        return stores.kept(
            ("ising lecture", side), lambda: read_snapshots(ising_folder(), side), 25_000_000
        )
    return ising.snapshots("equilibrium" if source == "equilibrium" else "quench", side)


def _baseline(data: Any) -> float:
    from studies.ising.scoring import energy_baseline

    return energy_baseline(data)


@st.fragment(run_every=0.8)
def _live(baseline: float) -> None:
    job = background.running("ising")
    if job is not None:
        *_, epochs, _ = job.key
        _curves(tuple(job.seen), epochs, baseline, "live")


def _curves(scores: Any, epochs: int, baseline: float, state: str) -> None:
    from studies.ising import figures

    left, right = st.columns(2)
    with left:
        screen.chart(figures.loss_figure(scores, epochs), f"ising_loss_{state}", height=300)
    with right:
        screen.chart(
            figures.accuracy_figure(scores, epochs, baseline), f"ising_scores_{state}", height=300
        )


def _result(found: Any, source: str) -> None:
    kinds = ("quench", "equilibrium") if source == "equilibrium" else ("equilibrium", "quench")
    last = found.scores[-1].held_back
    one, two, three, four = st.columns(4)
    one.metric("Right, held back", f"{100 * last:.1f} %")
    two.metric("Energy threshold, same images", f"{100 * found.thresholds['energy']:.1f} %")
    three.metric("|m| threshold, same images", f"{100 * found.thresholds['magnetisation']:.1f} %")
    four.metric(f"Right on {kinds[0]}", f"{100 * found.elsewhere:.1f} %")
    wrong = found.temperatures[~found.right]
    where = f" They lie at T = {wrong.min():.2f} to {wrong.max():.2f}." if len(wrong) else ""
    st.caption(
        f"{len(found.right):,} images were held back, none of them equal to one that was learned; "
        f"{len(wrong)} are wrong.{where} The last number is on {kinds[0]} snapshots, of which the "
        "network saw none."
    )

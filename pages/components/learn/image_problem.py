"""The views of the page The image problem: memory, lost structure, missing invariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.concepts.convolution import parameter_counts as counts
from core.figures.concepts.memory import card_figure
from core.figures.concepts.parameters import accuracy_figure, memory_figure, snapshot_figure
from core.figures.concepts.sharing import shift_figure
from pages.components.frame import screen, session, stores
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link

if TYPE_CHECKING:
    from core.types.arrays import Array

UNITS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
MAPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SHOWN = (counts.DENSE_MAPS, counts.DENSE, counts.LOCAL, counts.SHARED)
NAMES = {"mlp": "MLP", "cnn": "CNN, averaged", "flat": "CNN, flattened"}
SHIFTS = range(17)
ROUNDING = 1e-6
FIRST_SNAPSHOT = 55
"""Just below Tc, where a shift changes what two of the networks answer."""


@learn_link.part
def memory() -> None:
    """Draw the memory of a first layer in four forms beside a graphics card, then over the side."""
    # What does not fit comes first; the choices below change it.
    first = st.container()
    side, layers, precision, card = _choices()
    units = {counts.DENSE: f"{counts.DENSE}, {layers.units} units"}
    weights = {units.get(name, name): counts.FORMS[name](layers, side) for name in SHOWN}
    network = _network()
    with first:
        st.markdown(_lesson(weights, side, precision, card))
        screen.chart(card_figure(weights, precision, card), "image_bars", height=430)
        st.caption("Weights: " + "; ".join(f"{name}: {n:,}" for name, n in weights.items()) + ".")
    st.subheader("Twice the side, four times the weights")
    training = st.toggle("Train with Adam", True, key="image_training", bind="query-params")
    figure = memory_figure(layers, precision, training, side, network)
    screen.chart(figure, "image_memory", height=540)
    st.caption(
        f"Horizontal lines: memory of graphics cards ({_cards()}). Dotted: a fully connected layer "
        "with as many outputs as the convolution; there, twice the side means sixteen times the "
        "weights."
    )
    with learn.check_yourself():
        learn.formulas(
            r"\text{fully connected: } u\,n^2 \text{ or, to as many maps, } m\,n^4",
            r"\text{locally connected: } m\,k^2n^2",
            r"\text{convolution: } m\,k^2",
        )
        st.markdown(
            "Weights of one layer. $n$: side of the image in px; $u$: hidden units; $m$: maps; "
            "$k$: side of the kernel in px, here 3. Each weight takes 8 bytes in double precision, "
            "4 in float32, 2 in half precision. For training, a gradient and Adam's two moments "
            "are stored with it."
        )
        learn.lines(counts.layers_snippet(side, layers, precision))


def _choices() -> tuple[int, counts.Layers, str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        side = st.select_slider(
            "Image side (px)", counts.SIDES, 1024, key="image_side", bind="query-params", width=170
        )
        maps = st.select_slider(
            "Maps of 3 × 3 kernels",
            MAPS,
            16,
            key="image_maps",
            bind="query-params",
            width=220,
        )
        units = st.select_slider(
            "Hidden units", UNITS, 512, key="image_units", bind="query-params", width=170
        )
        precision = st.segmented_control(
            "Precision",
            list(counts.BYTES),
            default="float32",
            required=True,
            key="image_precision",
            bind="query-params",
        )
        card = st.segmented_control(
            "Graphics card",
            list(counts.CARDS),
            default="H100",
            required=True,
            key="image_card",
            format_func=lambda name: f"{name}, {counts.CARDS[name]} GB",
            bind="query-params",
        )
    return side, counts.Layers(units, maps), precision, card


def _lesson(weights: dict[str, int], side: int, precision: str, card: str) -> str:
    """Return in two sentences what does not fit, and what does."""
    size, dense, shared = side**2, weights[counts.DENSE_MAPS], weights[counts.SHARED]
    to_use, to_train = (counts.memory_bytes(dense, precision, task) for task in (False, True))
    needed = counts.cards_needed(to_train, counts.CARDS[card])
    on = f"**{needed:,} cards** of {counts.CARDS[card]} GB" if needed > 1 else "one card"
    return (
        f"A layer that reads {size:,} pixels and has as many outputs as the convolution, each "
        f"connected to every pixel, needs **{dense:,} weights, {counts.in_words(to_use)}**. "
        f"Training them takes {counts.in_words(to_train)}, {on} ({card}). The convolution "
        f"needs **{shared:,} weights**."
    )


def _cards() -> str:
    return ", ".join(f"{name} {size} GB" for name, size in counts.CARDS.items())


def _network() -> tuple[str, int] | None:
    card = session.network_model()
    if card.weights is None or not card.weights.path.is_file():
        return None
    path = card.weights.path
    total = stores.kept(("parameters", card.weights.sha256), lambda: counts.parameters_in(path))
    return f"This app's U-Net: {card.title}", total


def structure() -> None:
    """Show what one fixed shuffling of the pixels does to an MLP and to two CNNs."""
    from models import lecture

    rows = {(NAMES[row.network], row.inputs): row for row in lecture.measured()}
    left, right = screen.parts(410, 530)
    with left:
        _snapshots()
    with right:
        folds = {name: row.folds for name, row in rows.items()}
        screen.chart(accuracy_figure(folds), "image_accuracy", height=400)
    mlp, cnn, flat = (rows[name, "straight"].parameters for name in NAMES.values())
    st.markdown(
        "All three networks were trained on four fifths of 5,000 snapshots of the Ising model, "
        "original and shuffled, to tell whether a snapshot is below or above the critical "
        f"temperature. To the MLP ({mlp:,} parameters) an image is a list, so shuffling changes "
        f"nothing. The CNN that averages its feature maps ({cnn} parameters) loses the "
        "neighbourhoods it relies on; all that remains is how many spins point up. The same "
        f"convolution, flattened into a dense layer ({flat:,} parameters), again reads its maps "
        "partly as a list."
    )
    st.caption(
        "Bars: mean validation accuracy over five folds; error bars: lowest to highest. Dotted: "
        "chance."
    )
    with learn.check_yourself():
        learn.agreement(
            {"MLP with its first weights shuffled alike, on shuffled images": _follows()}
        )


def _snapshots() -> None:
    from core.concepts.shuffling import permutation, shuffled

    spins, labels = stores.kept(("snapshots",), _kept_snapshots)
    number = st.slider(
        "Snapshot, from cold to hot",
        1,
        len(spins),
        FIRST_SNAPSHOT,
        key="image_snapshot",
        bind="query-params",
    )
    one = spins[number - 1 : number]
    pair = {"straight": one[0], "shuffled": shuffled(one, permutation(one[0].size))[0]}
    screen.chart(snapshot_figure(pair), "image_snapshots", height=270)
    where = "above" if labels[number - 1] else "below"
    st.caption(f"Generated, {where} the critical temperature. Both pictures hold the same spins.")


def _kept_snapshots() -> tuple[Array, Array]:
    from models import lecture

    return lecture.snapshots()


def _follows() -> float:
    """Return how far the MLP that was shuffled alike lies from the MLP, over all snapshots."""

    def measure() -> float:
        from core.concepts.shuffling import followed_difference
        from models import lecture

        return followed_difference(lecture.load("mlp", "straight"), lecture.snapshots()[0])

    return stores.kept(("followed",), measure)


def invariance(image: Array) -> None:
    """Shift an image, and show how far hidden units and answer of each network move."""
    st.markdown(
        "Sharing one kernel among all positions makes a layer **equivariant**: when the image is "
        "shifted, its feature map shifts with it. **Invariance**, the same output wherever things "
        "are, comes from pooling over all positions. A CNN that flattens its map into a dense "
        "layer again has a weight for each position, and is not invariant."
    )
    subject = st.segmented_control(
        "Image",
        ("Ising snapshot", "This micrograph"),
        default="Ising snapshot",
        required=True,
        key="image_subject",
        bind="query-params",
    )
    number = (session.value_of("image_snapshot") or FIRST_SNAPSHOT) - 1
    spins = (
        _spins(image)
        if subject == "This micrograph"
        else stores.kept(("snapshots",), _kept_snapshots)[0][number]
    )
    networks, curves = _distances(spins)
    left, right = screen.parts(310, 630)
    with left:
        by = st.slider("Shift to the right (px)", 0, 16, 1, key="image_shift", bind="query-params")
        screen.chart(
            snapshot_figure({f"shifted by {by} px": _moved(spins, by)}), "image_moved", 300
        )
    with right:
        screen.chart(
            shift_figure(SHIFTS, curves, "|h(Tx) - h(x)| / |h(x)|", now=by, axis="shift (px)"),
            "image_move",
            360,
        )
        st.caption("x: the image; T: the shift; h: the last hidden units, before the output.")
    _answers(networks, curves, spins, by)


def _answers(networks: dict[str, Any], curves: dict[str, Array], spins: Array, by: int) -> None:
    moved = _moved(spins, by)
    columns = screen.parts(*[screen.THIRD] * 3)
    for column, (name, network) in zip(columns, networks.items(), strict=True):
        # What is left of a sum over all places in another order.
        percent = 0.0 if curves[name][by] < ROUNDING else 100 * curves[name][by]
        column.metric(f"{name}: hidden units change by", f"{percent:.3g} %")
        before, after = (100 * _probability(name, network, one) for one in (spins, moved))
        column.caption(f"P(T > Tc) {before:.1f} % before, {after:.1f} % after the shift")


def _probability(name: str, network: Any, spins: Array) -> float:
    from core.concepts.equivariance.invariance import probability_above

    key = ("P(T > Tc)", name, spins.tobytes())
    return stores.kept(key, lambda: probability_above(network, spins), spins.nbytes)


def _spins(image: Array) -> Array:
    from core.concepts.snapshots import as_spins

    return as_spins(image)


def _distances(spins: Array) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the networks by their titles, and how far the hidden units of each move."""
    from core.concepts.equivariance.invariance import hidden_distances
    from models import lecture

    networks = stores.kept(
        ("lecture networks",),
        lambda: {title: lecture.load(name, "straight") for name, title in NAMES.items()},
    )
    return networks, stores.kept(
        ("hidden distances", spins.tobytes()),
        lambda: {
            title: hidden_distances(network, spins, SHIFTS) for title, network in networks.items()
        },
    )


def _moved(spins: Array, by: int) -> Array:
    from core.concepts.snapshots import moved

    return moved(spins, by)

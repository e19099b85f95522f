"""Images with masks that a user sends: the pairs, their mistakes, and what the values mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from core.workspace.lab.training import facts_of
from pages.components.frame import session, stores
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.train import images as training_images

if TYPE_CHECKING:
    from core.training.fine_tuning.mask_files import Meaning, ReadPair
    from core.training.fine_tuning.uploaded import Uploaded
    from core.workspace.workspace import Workspace

IMAGES, MASKS = "train_images", "train_masks"
KINDS = {"phases": "Phases: each value is one", "instances": "Objects: each value is one"}
MOST_TOLD, PREVIEWS, THUMBNAIL_PX = 20, 4, 220
HOW = (
    "A mask has the name of its image, also with _mask, _label or _seg behind it: PNG or TIFF, "
    "the same size as the image. Outlines do as well: a zip of ImageJ's ROIs for each image, or "
    "COCO JSON, whose images are found by their names."
)


def draw(workspace: Workspace) -> None:
    """Draw where files are dropped, what came of them, and the way on."""
    left, right = st.columns(2, gap="large")
    with left:
        images = st.file_uploader("Micrographs", accept_multiple_files=True, key=IMAGES)
    with right:
        masks = st.file_uploader("Masks", accept_multiple_files=True, key=MASKS)
    st.caption(HOW)
    if not images and not masks:
        return
    read = _read(images or [], masks or [])
    for one in read.mistakes[:MOST_TOLD]:
        st.warning(literal(f"{one}."))
    if len(read.mistakes) > MOST_TOLD:
        st.warning(f"{len(read.mistakes) - MOST_TOLD} more mistakes.")
    if not read.pairs:
        return
    meaning = _ask(read)
    _previews(read.pairs, meaning)
    _pairs(workspace, read.pairs, meaning, bool(read.mistakes))


def _read(images: list[Any], masks: list[Any]) -> Uploaded:
    """Return what was read of the files, once for each choice of them."""
    from core.training.fine_tuning.uploaded import read_uploaded

    key = ("train pairs", session.owner(), *(one.file_id for one in (*images, *masks)))
    size = sum(one.size for one in (*images, *masks))
    return stores.kept(
        key,
        lambda: read_uploaded(
            [(one.name, one.getvalue()) for one in images],
            [(one.name, one.getvalue()) for one in masks],
        ),
        4 * size,
    )


def _ask(read: Uploaded) -> Meaning:
    """Draw what the values of the masks mean, as they are taken to and can be changed."""
    from core.training.fine_tuning.mask_files import Meaning, as_phases, likely_meaning

    pairs = read.pairs
    likely = "instances" if read.are_objects else likely_meaning(pairs).kind
    kinds = list(KINDS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "The values of the masks are",
            kinds,
            index=kinds.index(likely),
            format_func=KINDS.__getitem__,
            key=f"train_kind-{likely}",
            width=320,
        )
        if kind == "instances":
            return Meaning("instances", ())
        found = as_phases(pairs)
        names = {None: "none", **{value: found.said(value) for value in found.values}}
        ignored = st.selectbox(
            "Not labelled, to be ignored",
            list(names),
            format_func=names.__getitem__,
            key="train_ignored",
            width=240,
        )
    return Meaning("phases", found.values, ignored, found.are_colors)


def _previews(pairs: tuple[ReadPair, ...], meaning: Meaning) -> None:
    from core.figures.teaching import encode_pair

    with st.container(horizontal=True):
        for pair in pairs[:PREVIEWS]:
            content = f"{pair.digest} {pair.mask} {meaning}"
            made = publish.overlay(
                "pair", content, lambda pair=pair: encode_pair(pair, meaning, THUMBNAIL_PX)
            )
            with st.container(width=THUMBNAIL_PX):
                st.markdown(f"![{literal(pair.name)}]({made.url})")
                st.caption(f"{literal(pair.name)} with {literal(pair.mask)}")


def _pairs(
    workspace: Workspace, pairs: tuple[ReadPair, ...], meaning: Meaning, has_mistakes: bool
) -> None:
    from core.training.fine_tuning.mask_files import meaning_mistakes, shifts, specimen_of

    counted = f"{len(pairs):,} {'pair' if len(pairs) == 1 else 'pairs'}"
    st.markdown(f"**{counted}**")
    moved = shifts(pairs)
    rows = [
        {
            "Image": pair.name,
            "Mask": pair.mask,
            "Specimen": specimen_of(pair.name),
            "Note": _note(moved.get(pair.name)),
        }
        for pair in pairs
    ]
    st.dataframe(rows, hide_index=True, alt="One row per pair of image and mask")
    found = meaning_mistakes(pairs, meaning)
    for one in found:
        st.warning(literal(f"{one[:1].upper()}{one[1:]}."))

    def take() -> None:
        from core.training.fine_tuning.mask_files import phases_of, taught_images

        specimens = {pair.name: specimen_of(pair.name) for pair in pairs}
        try:
            made = taught_images(pairs, meaning, specimens)
        except LamellaError as error:
            session.remember(training_images.REFUSED, (str(error),))
            return
        objects = 1 if meaning.kind == "instances" else None
        facts = facts_of(made, phases_of(meaning), objects)
        training_images.keep(workspace, training_images.title_of(made), made, facts)

    label = f"Use {counted}"
    if has_mistakes:
        label += " without the rest"
    st.button(label, type="primary", disabled=bool(found), on_click=take, key="train-pairs")


def _note(shift: tuple[int, int] | None) -> str:
    if shift is None:
        return ""
    return (
        f"The mask fits better {shift[0]:+d} px down and {shift[1]:+d} px to the right; check it."
    )

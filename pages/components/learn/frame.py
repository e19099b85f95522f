"""What the pages of the lecture share: the frame, the question, the lines to copy, the pictures.

A page of the lecture reads, from top to bottom::

    opened = learn.begin("Convolution", "What this page shows.", why="Why a microscopist cares.")
    ...controls with bind="query-params", in a @learn_link.part that draws what they change...
    question.predict("convolution", Question(...))
    with learn.check_yourself():
        learn.formulas(...)
        learn.agreement(...)
        learn.lines(pixel_snippet(...))
    learn.end("Convolution", "Dumoulin and Visin 2016, arXiv:1603.07285")
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from core.concepts.picture import picture
from core.concepts.snippet import Snippet
from core.errors import LamellaError
from lecture.steps import STEPS
from pages.components.frame import presenter, screen, session, sidebar, stores
from pages.components.frame.images import images, samples
from pages.components.frame.memory import Opened
from pages.components.frame.serving.addresses import address_of
from pages.components.frame.words import literal
from pages.components.learn import link as learn_link
from pages.components.learn import opening

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.types.arrays import Array

PAGES = Path(__file__).resolve().parents[2]
OVERVIEW = 0
"""The order of the page Lecture, which is no lesson of its own."""
BEGINNING = ("Lecture", PAGES / "lecture.py")
GOING_ON = ("Gold nanoparticles", PAGES / "gold_nanoparticles.py")
EQUAL = 1e-6
UNBROKEN = str.maketrans({" ": "\u00a0", "-": "\u2011"})
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
HALF, THIRD = 470, 300
ROW_REM, NORMAL_PX = 2.6, 16
Value = TypeVar("Value")


# ---- the frame


def begin(title: str, sentence: str, why: str, has_picture: bool = True) -> Opened:
    """Draw how a page opens; return the micrograph, a sample to begin with.

    ``sentence``: what the page shows. ``why``: why a microscopist cares. ``has_picture``: the
    micrograph stands beside them; False where the page begins with the micrograph itself.
    Presented, it is the lecture's chapter; a link with ``presenter`` shows the page itself so.
    """
    learn_link.read()
    place = presenter.heading(
        title,
        why,
        sentence,
        picture_px=opening.PX if has_picture else 0,
        chapter=_chapter(title),
    )
    if session.memory().notice:
        st.warning(session.memory().notice)
    if session.memory().source is None:
        session.choose(f"sample:{samples.offers()[0].name}")
    opened = _opened() if screen.presenting() else sidebar.choose_micrograph() or _sample()
    if has_picture:
        with place:
            opening.picture(opened.micrograph)
    return opened


def end(title: str, reference: str) -> None:
    """Draw the reference and the links to the pages before and after; judge the link itself."""
    learn_link.say_what_was_refused()
    titles = [found for found, _ in lessons()]
    here = titles.index(title)
    way = (BEGINNING, *lessons(), GOING_ON)
    (before, earlier), (after, later) = way[here], way[here + 2]
    with st.container(key=presenter.END):
        st.caption(f"Reference: {reference}")
        left, right = st.columns(2)
        left.page_link(earlier, label=f"Before: {before}", icon=":material/arrow_back:")
        with right.container(horizontal_alignment="right"):
            st.page_link(later, label=f"Next: {after}", icon=":material/arrow_forward:")


def formulas(*texts: str) -> None:
    """Draw formulas in a row, or one below the other where there is no room."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        for text in texts:
            st.latex(text, width="content")


@cache
def lessons() -> tuple[tuple[str, Path], ...]:
    """Return title and file of every page of the group Learn, in the lecture's order."""
    found = []
    for path in PAGES.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PAGE":
                page = ast.literal_eval(node.value)
                if page["group"] == "Learn" and page["order"] > OVERVIEW:
                    found.append((page["order"], page["title"], path))
    return tuple((title, path) for _, title, path in sorted(found))


def _chapter(title: str) -> str:
    """Return the key of the lecture's first step that a page shows live, "" where there is none."""
    page = next((address_of(path) for found, path in lessons() if found == title), "")
    return next((step.key for step in STEPS.values() if step.page == page), "")


def _opened() -> Opened:
    try:
        return images.opened() or _sample()
    except LamellaError as error:
        st.caption(literal(f"{error} Shown: a sample."))
        return _sample()


def _sample() -> Opened:
    offer = samples.offers()[0]
    micrograph = images.sample(offer)
    return Opened(f"sample:{offer.name}", micrograph, micrograph)


# ---- the micrograph's middle, and other pictures for the viewer


def middle(opened: Opened, side: int = 256) -> Array:
    """Return the middle of the micrograph, grey levels (h, w) in [0, 1], made once."""
    shown = opened.micrograph
    key = ("learn", shown.digest, shown.bar_rows, side)
    return stores.kept(key, lambda: picture(shown, side))


# ---- numbers that can be checked


def check_yourself() -> DeltaGenerator:
    """Return the fold below a demonstration: formulas, agreement, tables and lines to copy.

    ``with learn.check_yourself(): learn.formulas(...); learn.agreement(...); learn.lines(...)``
    """
    return st.expander("Check it yourself", icon=":material/terminal:")


def check(snippet: Snippet) -> None:
    """Draw the fold with lines to copy alone, and what they print."""
    with check_yourself():
        lines(snippet)


def lines(snippet: Snippet) -> None:
    """Draw lines to copy, and what they print."""
    st.code(snippet.code, language="python")
    st.caption("prints")
    st.code(snippet.prints, language="text")


def table(columns: Mapping[str, Sequence[str]], most: int = 600) -> None:
    """Draw a table: words to the left in the first column, numbers to the right in all others.

    ``most``: height in px; what does not fit is scrolled.
    """
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    # Words stay together: rather scrolled sideways than broken into many lines.
    lines = [[first.translate(UNBROKEN), *others] for first, *others in rows]
    lines.insert(1, ["---", *["---:"] * (len(columns) - 1)])
    # Of a fixed height, because only such a container scrolls sideways too.
    line = ROW_REM * (presenter.TABLE_PX if screen.presenting() else NORMAL_PX)
    with st.container(border=False, height=min(most, round(line * len(lines)))):
        st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


def in_digits(value: float) -> str:
    """Return a number with two digits, small ones by their power of ten: 2.3 × 10⁻⁷."""
    if value == 0 or abs(value) >= 1e-3:
        return f"{value:.2g}"
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(RAISED)}"


def agreement(differences: Mapping[str, float]) -> None:
    """Say how far our numbers lie from those of others, by name: "scipy", "torch"."""
    parts = []
    for name, value in differences.items():
        verdict = "equal" if value <= EQUAL else "not equal"
        parts.append(f"{name}: {verdict}, largest difference {in_digits(value)}")
    st.caption(" · ".join(parts))


def last_good(key: str, make: Callable[[], Value], first: Callable[[], Value]) -> Value:
    """Return what ``make`` gives; where it refuses, say why in one sentence and keep the last.

    ``first``: gives the value where nothing has worked yet.
    """
    place = f"learn_last_good_{key}"
    try:
        value = make()
    except LamellaError as error:
        kept_value = session.value_of(place)
        shown = "a first example" if kept_value is None else "the last that worked"
        st.warning(f"{error} What you see is {shown}.")
        return first() if kept_value is None else kept_value
    session.remember(place, value)
    return value

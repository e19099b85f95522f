"""What the pages of the lecture share: the frame, the question, the lines to copy, the pictures.

A page of the lecture reads, from top to bottom::

    opened = learn.begin("Convolution", "One sentence on what this page is for.")
    ...controls with bind="query-params", in an @st.fragment that draws what they change...
    learn.predict("convolution", Question(...))
    learn.check(core.concepts.convolution.snippet(...))
    learn.end("Convolution", "Dumoulin and Visin 2016, arXiv:1603.07285")
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.concepts.picture import picture
from core.concepts.snippet import Snippet
from core.errors import LamellaError
from core.figures import encoding
from core.figures.concepts_style import FONT_PX, PRESENTER_FONT_PX, readable
from pages.components.frame import library, publish, session, sidebar
from pages.components.frame.session import Opened
from pages.components.learn import link as learn_link
from pages.components.viewer.viewer import ViewerImage

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGES = Path(__file__).resolve().parents[2]
EQUAL = 1e-6
UNBROKEN = str.maketrans({" ": "\u00a0", "-": "\u2011"})
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
HALF, THIRD = 470, 300
ROW_REM, NORMAL_PX, PRESENTER_PX = 2.6, 16, 21
Value = TypeVar("Value")


# ---- the frame


def begin(title: str, sentence: str) -> Opened:
    """Draw heading, purpose and presenter switch; return the micrograph, a sample to begin with.

    As presenter the type is larger and the sidebar away, so that the page has the whole screen.
    """
    heading, switch = st.columns([5, 2], vertical_alignment="center")
    heading.title(title)
    heading.markdown(sentence)
    with switch.container(horizontal_alignment="right"):
        st.toggle("Presenter", key="presenter", bind="query-params")
    learn_link.read()
    if session.memory().notice:
        st.warning(session.memory().notice)
    if session.memory().source is None:
        session.choose(f"sample:{library.offers()[0].name}")
    if presenting():
        st.html(f"<style>html {{ font-size: {PRESENTER_PX}px !important; }}</style>")
        return _opened()
    opened = sidebar.choose_micrograph()
    return opened if opened is not None else _sample()


def end(title: str, reference: str) -> None:
    """Draw the reference and the links to the pages before and after; judge the link itself."""
    learn_link.say_what_was_refused()
    st.caption(f"Reference: {reference}")
    titles = [found for found, _ in lessons()]
    here = titles.index(title)
    before, after = st.columns(2)
    if here > 0:
        name, path = lessons()[here - 1]
        before.page_link(path, label=f"Before: {name}", icon=":material/arrow_back:")
    if here + 1 < len(titles):
        name, path = lessons()[here + 1]
        with after.container(horizontal_alignment="right"):
            st.page_link(path, label=f"Next: {name}", icon=":material/arrow_forward:")


def presenting() -> bool:
    """Return whether the presenter switch is on."""
    return bool(session.value_of("presenter"))


def parts(*widths: int) -> list[Any]:
    """Return places side by side, of ``widths`` in px; on a narrow screen one below the other.

    As presenter they share the whole width in the same proportion.
    """
    if presenting():
        return st.columns(list(widths), gap="medium")
    row = st.container(horizontal=True, gap="medium")
    return [row.container(width=width) for width in widths]


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
                if page["group"] == "Learn":
                    found.append((page["order"], page["title"], path))
    return tuple((title, path) for _, title, path in sorted(found))


def _opened() -> Opened:
    try:
        return session.opened() or _sample()
    except LamellaError as error:
        st.error(str(error))
        return _sample()


def _sample() -> Opened:
    offer = library.offers()[0]
    micrograph = session.sample(offer)
    return Opened(f"sample:{offer.name}", micrograph, micrograph)


# ---- the micrograph's middle, and other pictures for the viewer


def middle(opened: Opened, side: int = 256) -> Any:
    """Return the middle of the micrograph, grey levels (h, w) in [0, 1], made once."""
    shown = opened.micrograph
    key = ("learn", shown.digest, shown.info_bar_rows, side)
    return kept(key, lambda: picture(shown, side))


def name_of(opened: Opened) -> str:
    """Return what names the chosen micrograph in keys: its digest and its info bar."""
    return f"{opened.micrograph.digest} {opened.micrograph.info_bar_rows}"


def kept(key: tuple[object, ...], make: Callable[[], Any], size_bytes: int = 1_000_000) -> Any:
    """Return what ``make`` makes, kept for all sessions; ``key`` must name all it depends on."""
    found = session.results().get(key)
    if found is None:
        found = make()
        session.results().put(key, found, getattr(found, "nbytes", size_bytes))
    return found


def grey_image(pixels: Any, name: str, pixel_size_nm: float | None = None) -> ViewerImage:
    """Return grey levels (h, w) in [0, 1] for the viewer."""
    return _image(pixels, name, encoding.encode_grey, pixel_size_nm)


def color_image(colors: Any, name: str, pixel_size_nm: float | None = None) -> ViewerImage:
    """Return colours (h, w, 3 or 4) uint8 for the viewer."""
    return _image(colors, name, encoding.encode_colors, pixel_size_nm)


def _image(
    array: Any, name: str, encode: Callable[[Any], Any], pixel_size_nm: float | None
) -> ViewerImage:
    content = hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()
    made = publish.layer("learn", f"{content} {array.shape} {array.dtype}", lambda: encode(array))
    height, width = array.shape[:2]
    return ViewerImage(made.url, made.digest, height, width, name, pixel_size_nm)


def chart(figure: go.Figure, key: str, height: int | None = None) -> None:
    """Show a plotly figure large enough for the last row, without its tool bar."""
    if height is not None:
        figure.layout.height = height
    shown = readable(figure, PRESENTER_FONT_PX if presenting() else FONT_PX)
    st.plotly_chart(shown, key=key, config={"displayModeBar": False})


# ---- predict, then reveal


@dataclass(frozen=True)
class Question:
    """A question that is answered by a slider from ``low`` to ``high``, or among ``choices``.

    ``truth``: a number, or one of ``choices``. ``why``: shown with the answer. ``tolerance``: how
    far a number may lie from the truth and still count. ``unit``: follows the number.
    """

    ask: str
    truth: float | str
    why: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 10
    tolerance: float = 0
    unit: str = ""


def predict(key: str, question: Question) -> None:
    """Ask; the answer can be shown only after the student has moved something."""
    _predict(key, question)


@st.fragment
def _predict(key: str, question: Question) -> None:
    with st.container(border=True):
        st.markdown(f"**Predict, then reveal.** {question.ask}")
        guess = _guess(key, question)
        if guess is None:
            st.caption("Answer first; then the answer can be shown.")
        shown = st.toggle("Show the answer", key=f"{key}_reveal", disabled=guess is None)
        if shown and guess is not None:
            truth = question.truth
            number = not isinstance(truth, str)
            right = abs(guess - truth) <= question.tolerance if number else guess == truth
            said = f"{guess:g}{question.unit}" if number else guess
            answer = f"{truth:g}{question.unit}" if number else truth
            verdict = "Right" if right else f"You said {said}"
            st.markdown(f"**{verdict}: it is {answer}.** {question.why}")


def _guess(key: str, question: Question) -> Any:
    if question.choices:
        return st.segmented_control(
            "Your answer", question.choices, key=f"{key}_guess", label_visibility="collapsed"
        )
    guess = st.slider(
        "Your answer",
        question.low,
        question.high,
        question.low,
        key=f"{key}_guess",
        label_visibility="collapsed",
    )
    return None if guess == question.low else guess


# ---- numbers that can be checked


def check(snippet: Snippet) -> None:
    """Show lines to copy, and what they print."""
    with st.expander("Check it yourself", icon=":material/terminal:"):
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
    line = ROW_REM * (PRESENTER_PX if presenting() else NORMAL_PX)
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
        st.warning(f"{error} What you see is the last that worked.")
        kept_value = session.value_of(place)
        return first() if kept_value is None else kept_value
    session.remember(place, value)
    return value

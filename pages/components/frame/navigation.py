"""The frame around every page: the menu, the title of the tab, and the state in the link.

A new file in ``pages/`` is its own registration. It begins with a docstring, whose first line
becomes the help text of the menu, and a literal that is read without running the file::

    PAGE = {"group": "Learn", "title": "Pooling", "order": 5}

``group``: Analyse, Learn, Case studies or Zoo. ``order``: within the group. The address is the
file's name. There is no icon: the browser would fetch it from a font server outside. A page draws
its own heading with ``st.title`` and asks for what it needs: ``sidebar.choose_micrograph()``,
``sidebar.choose_model()``, ``viewer(...)``. Shared code goes into ``pages/components/``.

This script lies here and not in ``pages/``, because Streamlit puts the folder of its main script
on the import path: from ``pages/`` a page called models.py or inspect.py would take the place of
our package ``models`` and of Python's own ``inspect``.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import session
from pages.components.frame.serving.addresses import PAGES, address_of, declaration
from pages.components.frame.work import background, garbage, networks

FIRST = "segment"
ON_DARK = "#007f95"
GROUPS = ("Analyse", "Learn", "Case studies", "Zoo")


def page_of(path: Path) -> tuple[str, int, st.Page]:
    """Return group, order and page of a file, read but not run.

    Raises:
        LamellaError: a file without its PAGE, or in a group that the menu does not have.
    """
    declared, help_text = declaration(path, path.stat().st_mtime_ns)
    if declared is None or declared["group"] not in GROUPS:
        raise LamellaError(
            f"pages/{path.name} needs a line PAGE = {{...}} with a group of {', '.join(GROUPS)}."
        )
    page = st.Page(
        path,
        title=declared["title"],
        url_path=address_of(path),
        help=help_text,
    )
    return declared["group"], declared["order"], page


def menu() -> dict[str, list[st.Page]]:
    """Return the pages of the folder by group, each group in its order."""
    found = sorted((page_of(path) for path in PAGES.glob("*.py")), key=lambda entry: entry[1])
    pages = {name: [page for group, _, page in found if group == name] for name in GROUPS}
    return {group: members for group, members in pages.items() if members}


def start() -> None:
    """Go to the first page under its own address, so that each page has exactly one."""
    st.switch_page(PAGES / f"{FIRST}.py", query_params=st.query_params.to_dict())


def style() -> None:
    """Draw what the theme cannot say: ``frame.css``, and primary buttons whose white is readable on
    the dark ground too, 4.7 to 1.

    The accent itself cannot be darker there: as a chosen tab's text it needs the contrast.
    """
    st.html(Path(__file__).with_name("frame.css"))
    if st.context.theme.type == "dark":
        st.html(f"<style>[data-testid='stBaseButton-primary'] {{ background: {ON_DARK}; }}</style>")


st.set_page_config(
    "Lamella",
    str(Path(__file__).with_name("icon.png")),
    layout="wide",
    initial_sidebar_state="expanded",
)
st.logo(str(Path(__file__).with_name("logo.svg")), size="large")
entry = st.Page(start, url_path="", default=True, visibility="hidden")
page = st.navigation({"": [entry], **menu()}, position="top")
if page != entry:
    session.follow_link(page.url_path)
networks.wait_for_libraries()
style()
with garbage.runs().one():
    try:
        with background.one_view():
            page.run()
    finally:
        garbage.freeze_imports()

"""The pages, run without a browser: what they show, what a click does, what an error says."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import nn

from core.errors import LamellaError
from core.segmentation.engine import Engine
from core.types import ModelCard
from models import zoo
from models.catalogue import all_cards
from pages.components.frame import networks, stores
from pages.components.viewer import viewer
from pages.components.viewer.viewer import ViewerEvent, ViewerImage

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted((REPOSITORY / "pages").glob("*.py"))
NAVIGATION = REPOSITORY / "pages" / "components" / "frame" / "navigation.py"


class DarkIsParticle(nn.Module):
    """A network of one convolution: particle where the grey level is below the card's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1)
        self.conv.weight.data = self.conv.weight.data.new_tensor([[[[4.0]]], [[[-4.0]]]])
        self.conv.bias.data.zero_()

    def forward(self, batch):
        return self.conv(batch)


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the tiny network instead of the trained one, and begin without kept results."""
    networks.engine.clear()
    stores._store.clear("results", stores.RESULT_BYTES)

    def load(name: str, device: str = "auto") -> Engine:
        return Engine(zoo.card(name), DarkIsParticle(), "cpu")

    monkeypatch.setattr(zoo, "load", load)


@pytest.fixture
def open_app() -> Callable[..., AppTest]:
    """Return a function that opens a page, by the name of its file, with a link's parameters."""

    def open_page(name: str = "segment", **link: str) -> AppTest:
        app = AppTest.from_file(str(NAVIGATION), default_timeout=60)
        app.run()
        for parameter, value in link.items():
            app.query_params[parameter] = value
        return app.switch_page(f"../../{name}.py").run()

    return open_page


def finish(app: AppTest) -> AppTest:
    """Wait for the background job, if it still runs, then run the page once more."""
    job = app.session_state["lamella"].jobs.get("segment")
    if job is None:
        return app
    # Not `future.exception`: it raises where the job was cancelled before it began.
    wait([job.future], timeout=60)
    return app.run()


def two_disks(value: int = 40) -> bytes:
    """Return a PNG, 96 x 128 px, of two dark disks of radius 12 and 20 px on a light ground."""
    row, column = np.mgrid[:96, :128]
    image = np.full((96, 128), 200, np.uint8)
    image[(row - 30) ** 2 + (column - 30) ** 2 < 12**2] = value
    image[(row - 50) ** 2 + (column - 90) ** 2 < 20**2] = value
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    return app.file_uploader[0].upload(name, data, "image/png").run()


def button(app: AppTest, label: str):
    found = [one for one in app.button if one.label == label]
    assert found, f"no button {label!r} among {[one.label for one in app.button]}"
    return found[0]


def number(app: AppTest, label: str):
    return next(one for one in app.number_input if one.label == label)


def texts(app: AppTest) -> str:
    """Return everything that is written on the page."""
    kinds = (app.caption, app.markdown, app.warning, app.error, app.info, app.title, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_opens_without_an_error(path: Path, open_app: Callable[..., AppTest]) -> None:
    app = open_app(path.stem)
    assert not app.exception
    assert not app.error
    title = ast.literal_eval(_declaration(path))["title"]
    assert [one.value for one in app.title] == [title]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_declares_itself_and_is_thin(path: Path) -> None:
    source = path.read_text("utf-8")
    declared = ast.literal_eval(_declaration(path))
    assert set(declared) == {"group", "title", "order"}
    assert ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= 80


def _declaration(path: Path) -> ast.expr:
    tree = ast.parse(path.read_text("utf-8"))
    return next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "PAGE"
    )


def test_first_screen_offers_samples_and_an_uploader(open_app: Callable[..., AppTest]) -> None:
    app = open_app()
    assert sum(one.label == "Try this" for one in app.button) >= 2
    assert "Synthetic" in texts(app)
    assert len(app.file_uploader) == 1
    assert not app.sidebar.selectbox


def test_one_click_on_a_sample_gives_a_measured_result(open_app: Callable[..., AppTest]) -> None:
    app = button(open_app(), "Try this").click().run()
    assert button(app, "Cancel")
    app = finish(app)
    assert not app.exception
    assert "Agreement with the known truth of this synthetic sample" in texts(app)
    assert [one.value for one in app.subheader if one.value in ("Result", "Export")] == [
        "Result",
        "Export",
    ]
    assert app.query_params["sample"] == "gold-tem"


def test_upload_is_segmented_only_when_asked(open_app: Callable[..., AppTest]) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    assert "segment" not in app.session_state["lamella"].jobs
    assert "sample" not in app.query_params
    app = finish(button(app, "Segment").click().run())
    table = app.dataframe[0].value
    # Pixels with (r - r0)^2 + (c - c0)^2 < R^2: Gauss's circle problem gives 437 and 1245.
    assert sorted(table["area_px2"]) == [437, 1245]


def test_typed_pixel_size_measures_in_nm_and_empty_in_px(open_app: Callable[..., AppTest]) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    assert "Without a pixel size everything is measured in px." in texts(app)
    app = number(app, "Pixel size (nm)").set_value(2.0).run()
    assert "Typed by you; in the file: none." in texts(app)
    app = finish(button(app, "Segment").click().run())
    assert sorted(app.dataframe[0].value["area_nm2"]) == [4 * 437, 4 * 1245]


def test_info_bar_rows_are_left_out(open_app: Callable[..., AppTest]) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    app = number(app, "Info bar (rows at the bottom)").set_value(50).run()
    app = finish(button(app, "Segment").click().run())
    # Rows 46 to 95 are left out: of the larger disk the rows 31 to 45 remain.
    area = sum(
        (column - 90) ** 2 + (row - 50) ** 2 < 400 for row in range(46) for column in range(128)
    )
    assert sorted(app.dataframe[0].value["area_px2"]) == [437, area]


def test_info_bar_rows_at_the_top_are_left_out(open_app: Callable[..., AppTest]) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    app = number(app, "Info bar (rows at the top)").set_value(46).run()
    app = finish(button(app, "Segment").click().run())
    # Rows 0 to 45 are left out, the small disk with them.
    area = sum(
        (column - 90) ** 2 + (row - 50) ** 2 < 400 for row in range(46, 96) for column in range(128)
    )
    assert app.dataframe[0].value["area_px2"].tolist() == [area]


def test_a_pixel_size_that_the_file_leaves_open_is_chosen(open_app: Callable[..., AppTest]) -> None:
    buffer = io.BytesIO()
    text = "[Scan]\nPixelWidth=5e-9\nPixelHeight=5e-9\n[Image]\nResolutionX=256\nResolutionY=192\n"
    options = {"metadata": None, "extratags": [(34682, "s", 0, text, True)]}
    tifffile.imwrite(buffer, np.asarray(Image.open(io.BytesIO(two_disks()))), **options)
    app = upload(open_app(), "disks.tif", buffer.getvalue())
    assert "Without a pixel size everything is measured in px." in texts(app)
    (choice,) = (one for one in app.radio if one.label == "The file leaves the pixel size open")
    assert choice.value is None
    app = choice.set_value(choice.options[1]).run()
    assert "Source: FEI tag 34682, if binned or rescaled." in texts(app)
    assert number(app, "Pixel size (nm)").value == pytest.approx(10)


def test_a_drop_with_a_broken_file_opens_the_good_one(open_app: Callable[..., AppTest]) -> None:
    drop = [("cut.png", two_disks()[:100]), ("good.png", two_disks()), ("notes.pdf", b"%PDF-1.7")]
    drop += [("good.png", two_disks(60))]
    app = open_app()
    app = app.file_uploader[0].set_value([(*one, "image/png") for one in drop]).run()
    assert not app.error and not app.exception
    reasons = [one.value for one in app.warning]
    assert len(reasons) == 2
    assert "cut.png is a damaged or incomplete PNG file" in reasons[0]
    assert "notes.pdf is a PDF document, which is not read here" in reasons[1]
    mine = app.session_state["lamella"]
    assert mine.uploads[mine.source] == "good.png"
    assert sorted(mine.uploads.values()) == ["cut.png", "good.png", "good.png (2)", "notes.pdf"]


def test_click_selects_the_object_and_its_row(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    app = finish(button(app, "Segment").click().run())
    assert "Click an object" in texts(app)
    table = app.dataframe[0].value
    large = table.loc[table["area_px2"] == 1245, "id"].item()
    selected = []

    def clicked(image: ViewerImage, **given: object) -> None:
        selected.append(given["selected"])
        given["on_click"](ViewerEvent(row=50, column=90))

    monkeypatch.setattr(viewer, "viewer", clicked)
    app = app.run()
    assert f"Object {large}: diameter 39.8 px, area 1245 px²" in texts(app)
    app.run()
    assert selected == [0, large]


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"sample": "no-such"}, "The link asks for a sample 'no-such' that is not here"),
        ({"model": "no-such"}, "The link asks for a model 'no-such' that is not here"),
    ],
)
def test_link_to_what_is_not_here_says_so(
    link: dict[str, str], sentence: str, open_app: Callable[..., AppTest]
) -> None:
    app = open_app(**link)
    assert sentence in texts(app)
    assert not app.exception


def test_a_file_that_is_no_image_is_one_sentence(open_app: Callable[..., AppTest]) -> None:
    app = upload(open_app(), "notes.png", b"not an image at all")
    assert len(app.error) == 1
    assert "notes.png" in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert not app.exception


def test_cancel_stops_and_says_so(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(open_app(), "disks.png", two_disks())
    app = button(app, "Segment").click().run()
    job = app.session_state["lamella"].jobs["segment"]
    job.cancel()
    app = finish(app)
    assert "segment" not in app.session_state["lamella"].jobs


def test_an_error_of_the_model_is_one_sentence(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, device: str = "auto") -> ModelCard:
        raise LamellaError("The weights of this model are damaged; install Lamella again.")

    monkeypatch.setattr(zoo, "load", load)
    app = upload(open_app(), "disks.png", two_disks())
    app = finish(button(app, "Segment").click().run())
    assert "The weights of this model are damaged; install Lamella again." in texts(app)
    assert button(app, "Segment")


def test_a_labs_folder_adds_cards(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "steel.png").write_bytes(two_disks())
    (tmp_path / "readme.txt").write_text("no image")
    monkeypatch.setenv("LAMELLA_SAMPLES", str(tmp_path))
    app = open_app()
    assert "**steel**" in texts(app)
    assert "From this lab's samples." in texts(app)
    assert "readme" not in texts(app)
    app = open_app(sample="lab/steel.png")
    assert not app.error
    app = finish(app)
    assert sorted(app.dataframe[0].value["area_px2"]) == [437, 1245]


def test_models_page_shows_every_card(open_app: Callable[..., AppTest]) -> None:
    app = open_app("models")
    cards = all_cards().values()
    assert [one.value for one in app.subheader] == [card.title for card in cards]
    for card in cards:
        assert card.purpose in texts(app)

"""The pages, run without a browser: what they show, what a click does, what an error says."""

from __future__ import annotations

import ast
import io
import math
import re
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import tifffile
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import nn

from core.errors import LamellaError
from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.engines.engine import Engine
from core.types.model_card import ModelCard
from models import zoo
from models.catalogue import all_cards
from pages.components.frame import link, sidebar, stores
from pages.components.frame.images import image_controls, images, samples
from pages.components.frame.work import networks
from pages.components.segment import cards, files, objects, results
from pages.components.viewer import viewer
from pages.components.viewer.viewer import ViewerEvent, ViewerImage, ViewerSettings
from tests.pages.running import REPOSITORY, by_key, finish, opened, phases_only, read, texts

PAGES = sorted((REPOSITORY / "pages").glob("*.py"))


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

    def load(name: str, device: str = "auto", **choice: object) -> Engine:
        return Engine(phases_only(zoo.card(name)), DarkIsParticle(), "cpu")

    monkeypatch.setattr(zoo, "load", load)


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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_opens_without_an_error(path: Path) -> None:
    app = opened(path.stem)
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


def test_first_screen_offers_samples_and_an_uploader() -> None:
    app = opened("segment")
    assert sum((one.key or "").startswith("try-") for one in app.button) >= 2
    assert cards.SYNTHETIC in texts(app)
    assert len(app.file_uploader) == 1
    assert not app.sidebar.selectbox


def test_one_click_on_a_sample_gives_a_measured_result(monkeypatch: pytest.MonkeyPatch) -> None:
    load, may_load = zoo.load, Event()

    def load_when_allowed(name: str, device: str = "auto", **choice: object) -> Engine:
        assert may_load.wait(60)
        return load(name, device, **choice)

    monkeypatch.setattr(zoo, "load", load_when_allowed)
    app = by_key(opened("segment").button, "try-").click().run()
    assert app.button(key="work_segment_cancel")
    may_load.set()
    app = finish(app)
    assert not app.exception
    assert results.AGREEMENT in texts(app)
    headings = [one.value for one in app.subheader]
    assert results.RESULT in headings and files.EXPORT in headings
    assert app.query_params["sample"] == "gold-tem"


def test_upload_is_segmented_only_when_asked() -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    assert "segment" not in app.session_state["lamella"].jobs
    assert "sample" not in app.query_params
    app = finish(app.button(key="segment").click().run())
    table = app.dataframe[0].value
    # Pixels with (r - r0)^2 + (c - c0)^2 < R^2: Gauss's circle problem gives 437 and 1245.
    assert sorted(table["area_px2"]) == [437, 1245]


def test_why_no_object_counts_is_said_where_all_are_left_out() -> None:
    """Of 437 and 1245 px."""
    app = upload(opened("segment"), "disks.png", two_disks())
    app.number_input(key="minimum_area_px").set_value(2000).run()
    app = finish(app.button(key="segment").click().run())
    assert not app.dataframe
    assert objects.SELECT not in texts(app)
    (said,) = (read(one.value) for one in app.info)
    assert said == (
        "No object counts: under 2000 px² 2 left out (hatched). The settings are in the sidebar "
        "under Objects."
    )


def test_typed_pixel_size_measures_in_nm_and_empty_in_px() -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    assert image_controls.UNCALIBRATED in texts(app)
    app = by_key(app.text_input, "pixel_size-").set_value("2 nm").run()
    assert image_controls.ENTERED.format("", "none") in texts(app)
    app = finish(app.button(key="segment").click().run())
    assert sorted(app.dataframe[0].value["area_nm2"]) == [4 * 437, 4 * 1245]
    app = by_key(app.text_input, "pixel_size-").set_value("0.4 um").run()
    assert "segment" not in app.session_state["lamella"].jobs
    table = app.dataframe[0].value
    assert sorted(table["area_um2"]) == pytest.approx([0.16 * 437, 0.16 * 1245])
    app = by_key(app.text_input, "pixel_size-").set_value("two pixels").run()
    assert "'two pixels' is not a length" in texts(app)
    assert sorted(app.dataframe[0].value["area_um2"]) == sorted(table["area_um2"])
    app = by_key(app.text_input, "pixel_size-").set_value("10x16").run()
    assert (
        app.session_state["lamella"]
        .changes[app.session_state["lamella"].source]
        .pixel_size.height_nm
        == 16
    )


def test_info_bar_rows_are_left_out() -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    app = by_key(app.number_input, "info_bar_rows-").set_value(50).run()
    app = finish(app.button(key="segment").click().run())
    # Rows 46 to 95 are left out: of the larger disk the rows 31 to 45 remain.
    area = sum(
        (column - 90) ** 2 + (row - 50) ** 2 < 400 for row in range(46) for column in range(128)
    )
    assert sorted(app.dataframe[0].value["area_px2"]) == [437, area]


def test_info_bar_rows_at_the_top_are_left_out() -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    app = by_key(app.number_input, "top_bar_rows-").set_value(46).run()
    app = finish(app.button(key="segment").click().run())
    # Rows 0 to 45 are left out, the small disk with them.
    area = sum(
        (column - 90) ** 2 + (row - 50) ** 2 < 400 for row in range(46, 96) for column in range(128)
    )
    assert app.dataframe[0].value["area_px2"].tolist() == [area]


def test_a_pixel_size_that_the_file_leaves_open_is_chosen() -> None:
    buffer = io.BytesIO()
    text = "[Scan]\nPixelWidth=5e-9\nPixelHeight=5e-9\n[Image]\nResolutionX=256\nResolutionY=192\n"
    options = {"metadata": None, "extratags": [(34682, "s", 0, text, True)]}
    tifffile.imwrite(buffer, np.asarray(Image.open(io.BytesIO(two_disks()))), **options)
    app = upload(opened("segment"), "disks.tif", buffer.getvalue())
    assert image_controls.UNCALIBRATED in texts(app)
    choice = by_key(app.radio, "pixel_size_choice-")
    assert choice.value is None
    app = choice.set_value(choice.options[1]).run()
    assert "Source: FEI tag 34682, if binned or rescaled." in texts(app)
    assert by_key(app.text_input, "pixel_size-").value == "10 nm"


def test_a_drop_with_a_broken_file_opens_the_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # All are tried, however busy the machine is.
    monkeypatch.setattr(images, "LONGEST_LOOK_S", math.inf)
    drop = [("cut.png", two_disks()[:100]), ("good.png", two_disks()), ("notes.pdf", b"%PDF-1.7")]
    drop += [("good.png", two_disks(60))]
    app = opened("segment")
    app = app.file_uploader[0].set_value([(*one, "image/png") for one in drop]).run()
    assert not app.error and not app.exception
    reasons = [one.value for one in app.warning]
    assert len(reasons) == 2
    assert "cut.png is a damaged or incomplete PNG file" in reasons[0]
    assert "notes.pdf is a PDF document, which is not read here" in reasons[1]
    mine = app.session_state["lamella"]
    assert mine.uploads[mine.source] == "good.png"
    assert sorted(mine.uploads.values()) == ["cut.png", "good.png", "good.png (2)", "notes.pdf"]


def test_click_selects_the_object_and_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    app = finish(app.button(key="segment").click().run())
    assert objects.SELECT in texts(app)
    table = app.dataframe[0].value
    large = table.loc[table["area_px2"] == 1245, "id"].item()
    selected = []

    def clicked(image: ViewerImage, settings: ViewerSettings, **given: object) -> None:
        selected.append(settings.selected)
        given["on_click"](ViewerEvent(row=50, column=90))

    monkeypatch.setattr(viewer, "viewer", clicked)
    app = app.run()
    assert f"Particle {large}: diameter 39.8 px, area 1,245 px²" in texts(app)
    assert app.query_params["object"] == str(large)
    app = app.run()
    assert selected == [0, large]
    monkeypatch.undo()
    app = app.number_input(key="minimum_area_px").set_value(500).run()
    assert "object" not in app.query_params
    assert objects.SELECT in texts(app)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("sample", link.UNKNOWN.format(kind="sample", name="no-such")),
        ("model", link.NO_MODEL.format("no-such")),
    ],
)
def test_link_to_what_is_not_here_says_so(kind: str, said: str) -> None:
    app = opened("segment", **{kind: "no-such"})
    assert said in texts(app)
    assert not app.exception


def test_a_link_to_no_model_says_so_beside_the_result_of_another() -> None:
    app = finish(opened("segment", sample="gold-tem", model="no-such"))
    assert results.RESULT in [one.value for one in app.subheader]
    assert link.NO_MODEL.format("no-such") in texts(app)


def test_errors_are_drawn_as_literal_text() -> None:
    bare = re.compile(r"\.(warning|error|info|success|caption|markdown)\(str\(")
    pages = (REPOSITORY / "pages").rglob("*.py")
    assert [path.name for path in pages if bare.search(path.read_text("utf-8"))] == []


def test_a_file_that_is_no_image_is_one_sentence() -> None:
    app = upload(opened("segment"), "notes.png", b"not an image at all")
    assert len(app.error) == 1
    assert "notes.png" in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert not app.exception


def test_cancel_stops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = upload(opened("segment"), "disks.png", two_disks())
    app = app.button(key="segment").click().run()
    job = app.session_state["lamella"].jobs["segment"]
    job.cancel()
    app = finish(app)
    assert "segment" not in app.session_state["lamella"].jobs


def test_an_error_of_the_model_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, device: str = "auto", **choice: object) -> ModelCard:
        raise LamellaError("The weights of this model are damaged; install Lamella again.")

    monkeypatch.setattr(zoo, "load", load)
    app = upload(opened("segment"), "disks.png", two_disks())
    app = finish(app.button(key="segment").click().run())
    assert "The weights of this model are damaged; install Lamella again." in texts(app)
    assert app.button(key="segment")


def test_a_labs_folder_adds_cards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "steel.png").write_bytes(two_disks())
    (tmp_path / "readme.txt").write_text("no image")
    monkeypatch.setenv("LAMELLA_SAMPLES", str(tmp_path))
    app = opened("segment")
    assert "**steel**" in texts(app)
    assert samples.LAB_SENTENCE in texts(app)
    assert "readme" not in texts(app)
    app = opened("segment", sample="lab/steel.png")
    assert not app.error
    app = finish(app)
    assert sorted(app.dataframe[0].value["area_px2"]) == [437, 1245]


def test_models_page_lists_every_model_and_opens_a_card() -> None:
    app = opened("models")
    cards = all_cards().values()
    assert [one.label.strip("*") for one in app.button] == [card.title for card in cards]
    for card in cards:
        assert card.purpose in texts(app)
    app = app.button(key="card-particles").click().run()
    assert app.query_params["card"] == "particles"
    assert [one.value for one in app.subheader][0] == "Nanoparticles"
    app = app.button(key="all-models").click().run()
    assert "card" not in app.query_params
    assert app.button(key="card-superalloy")


@pytest.mark.parametrize("name", ["coating", "otsu", "random-forest", "micrograph-type", "click"])
def test_a_card_opens_by_its_link(name: str) -> None:
    app = opened("models", card=name)
    assert not app.exception and not app.warning
    assert [one.value for one in app.subheader][0] == all_cards()[name].title


def test_a_sample_opens_with_its_own_model() -> None:
    app = opened("segment").button(key="try-superalloy").click().run()
    assert app.session_state["lamella"].model == "superalloy"
    assert app.query_params["model"] == "superalloy"
    app = opened("segment", sample="channelled-grains")
    assert by_key(app.selectbox, "model_choice").value == "grains"


def test_a_threshold_claims_no_confidence_and_no_truth_of_other_phases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo, "load", lambda name, **choice: ClassicEngine(zoo.card(name)))
    app = finish(opened("segment", sample="gold-tem", model="multi-otsu"))
    shown = app.table[0].value.to_string()
    assert "Median diameter" in shown
    assert "Mean confidence" not in shown
    assert sidebar.UNCERTAINTY not in [option for one in app.button_group for option in one.options]
    assert results.AGREEMENT not in texts(app)


def test_a_link_to_an_unknown_model_says_so_beside_the_result() -> None:
    app = finish(opened("segment", sample="gold-tem", model="no-such"))
    assert "no-such" in texts(app)
    assert app.dataframe


def test_precision_and_ensemble_are_chosen_and_give_results_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = replace(phases_only(zoo.card("particles")), careful_flips=True, careful_scales=(1.0,))
    monkeypatch.setattr(zoo, "CARDS", {**zoo.CARDS, card.name: card})
    asked = []

    def load(name: str, device: str = "auto", **choice: object) -> Engine:
        asked.append(choice)
        loaded = zoo.careful_card(card) if choice["careful"] else card
        return Engine(loaded, DarkIsParticle(), "cpu")

    monkeypatch.setattr(zoo, "load", load)
    app = upload(opened("segment", precision="Exact", careful="true"), "disks.png", two_disks())
    assert app.toggle(key="careful").label == "Careful (4 times slower)"
    assert is_done(finish(app.button(key="segment").click().run()))
    app = app.toggle(key="careful").set_value(False).run()
    app = app.segmented_control(key="precision").set_value("Auto").run()
    assert not is_done(app)
    assert is_done(finish(app.button(key="segment").click().run()))
    app = app.segmented_control(key="precision").set_value("Exact").run()
    assert not is_done(app)
    assert is_done(app.toggle(key="careful").set_value(True).run())
    assert asked == [
        {"precision": "exact", "careful": True},
        {"precision": "auto", "careful": False},
    ]


def is_done(app: AppTest) -> bool:
    """Return whether a result is on the page, and nothing went wrong."""
    assert not app.exception and not app.error
    return results.RESULT in [one.value for one in app.subheader]

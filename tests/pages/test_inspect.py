"""The page Inspect without a browser: its views, its links, and what it says when it cannot."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from core.errors import Cancelled
from core.figures.encoding import IndexedImage
from core.figures.inspection.rings import with_ring
from core.inspection import cache
from core.inspection import subject as prepared
from core.inspection.attribution import integrated_gradients, occlusion
from core.inspection.field import choose_field
from core.inspection.receptive_field.trace import Trace, trace_network
from core.inspection.region import (
    labels_in_field,
    labels_on_micrograph,
    pixel_of_object,
    pixel_region,
)
from core.inspection.subject import Subject
from core.segmentation.engines.engine import Engine
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback
from models import zoo
from models.zoo import particles
from pages.components.frame import stores
from pages.components.frame.images import samples
from pages.components.frame.images.samples import Offer
from pages.components.frame.work import networks
from pages.components.inspect import attribution, choices, field, hierarchy, maps, skips
from pages.components.inspect import gallery as inspect_gallery
from pages.components.inspect import subject as inspect_subject
from pages.components.viewer import viewer
from pages.components.viewer.viewer import ViewerEvent, ViewerSettings
from tests.pages.running import by_key, finish, opened, phases_only, texts, warnings

ROW, COLUMN = 50, 90


class DarkIsParticle(nn.Module):
    """A network of one convolution: particle where the grey level is below the card's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1)
        self.conv.weight.data = torch.tensor([4.0, -4.0])[:, None, None, None]
        self.conv.bias.data.zero_()

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.conv(batch)


def disks(shape: tuple[int, int] = (96, 128)) -> tuple[Micrograph, np.ndarray]:
    """Return two dark disks of radius 12 and 20 px on a light ground, 2 nm per pixel, and truth."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    truth = (row - 30) ** 2 + (column - 30) ** 2 < 12**2
    truth |= (row - ROW) ** 2 + (column - COLUMN) ** 2 < 20**2
    pixels = np.where(truth, 0.15, 0.8).astype(np.float32)
    micrograph = Micrograph(pixels, "disks", f"disks {shape}", PixelSize(2.0, "known"))
    return micrograph, truth.astype(np.uint8)


def ground() -> tuple[Micrograph, np.ndarray]:
    """Return the light ground alone."""
    pixels = np.full((96, 128), 0.8, np.float32)
    return Micrograph(pixels, "ground", "ground"), np.zeros((96, 128), np.uint8)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer a small image and one that is too small, and begin without kept results."""
    offers = (
        Offer("disks", "Disks", "Two.", True, lambda page: disks()),
        Offer("crumb", "Crumb", "Small.", True, lambda page: disks((20, 24))),
        Offer("ground", "Ground", "Nothing.", True, lambda page: ground()),
    )
    monkeypatch.setattr(samples, "offers", lambda: offers)
    stores._store.clear("results", stores.RESULT_BYTES)
    stores._store.clear("inspections", stores.INSPECTION_BYTES)
    stores.activations.clear()
    networks.engine.clear()


@pytest.fixture(scope="module")
def trace_once() -> Callable[..., Trace]:
    """Return :func:`core.inspection.receptive_field.trace.trace_network`, which follows a network
    before fields of one size once for all tests: it takes longer than what most of them ask."""
    traces = WeakKeyDictionary[nn.Module, dict[tuple[int, ...], Trace]]()

    def again(
        network: nn.Module, shape: tuple[int, ...], lock: AbstractContextManager | None
    ) -> Trace:
        known = traces.setdefault(network, {})
        if shape not in known:
            known[shape] = trace_network(network, shape, lock)
        return known[shape]

    return again


@pytest.fixture(autouse=True)
def shared_traces(trace_once: Callable[..., Trace], monkeypatch: pytest.MonkeyPatch) -> None:
    """Share what is known of networks that stay the same."""
    monkeypatch.setattr(prepared, "trace_network", trace_once)


@pytest.fixture
def known_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load a network whose answers are known instead of the trained one."""
    card = phases_only(particles.CARD)
    monkeypatch.setattr(particles, "CARD", card)
    monkeypatch.setattr(zoo, "CARDS", {**zoo.CARDS, card.name: card})
    monkeypatch.setattr(
        zoo,
        "load",
        lambda name, **choice: Engine(zoo.card(name), DarkIsParticle(), "cpu"),
    )


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """Return what the viewer and the galleries were last given, by name."""
    seen: dict[str, dict[str, object]] = {}
    monkeypatch.setattr(
        viewer,
        "viewer",
        lambda image, settings, **given: seen.update(
            viewer={"image": image, **vars(settings), **given}
        ),
    )
    monkeypatch.setattr(
        inspect_gallery,
        "gallery",
        lambda pictures, **given: seen.update(gallery={"pictures": pictures, **given}),
    )
    return seen


@pytest.fixture
def open_inspect() -> Callable[..., AppTest]:
    """Return a function that opens the page with a link's parameters, its segmentation done."""

    def open_page(wait: bool = True, **link: str) -> AppTest:
        app = opened("inspect", **{"sample": "disks", **link})
        return finish(app) if wait else app

    return open_page


def table(app: AppTest) -> dict[str, str]:
    """Return the last table of names and values."""
    frame = app.main.table[-1].value
    return dict(zip(frame.index, frame.iloc[:, 0], strict=True))


# ---- every view


@pytest.mark.parametrize(
    ("view", "show", "sentence"),
    [
        ("network", None, "**3,832,068** parameters"),
        ("kernels", "filters", "32 filters of 1 × 3 × 3 weights"),
        ("kernels", "norms", "32 filters of 1 × 3 × 3 weights"),
        ("maps", "channels", "of encoder stem, convolution"),
        ("maps", "patches", maps.PATCHES.partition("most, ")[2]),
        ("maps", "hierarchy", hierarchy.HIERARCHY),
        ("field", "trained", "particle diameters and uses"),
        ("label", "cam", "units of"),
        ("label", "occlusion", attribution.IN_TURN),
        ("label", "skips", skips.ABLATED),
    ],
)
def test_every_view_works_at_once_with_a_trained_network(
    view: str, show: str | None, sentence: str, open_inspect: Callable[..., AppTest]
) -> None:
    link = {"view": view} | ({"show": show} if show else {})
    app = open_inspect(**link, row=str(ROW), column=str(COLUMN))
    assert not app.exception
    assert not app.warning
    assert not app.error
    assert sentence in texts(app)
    assert "untrained" not in texts(app)


@pytest.mark.parametrize("view", ["network", "kernels", "maps", "field", "label"])
def test_lenet_is_called_untrained_on_every_view(
    view: str, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(view=view, network="lenet5")
    assert not app.exception
    assert warnings(app) == [inspect_subject.UNTRAINED.format("LeNet-5 (as built today)")]


def test_network_table_of_lenet_has_the_published_numbers(
    open_inspect: Callable[..., AppTest],
) -> None:
    app = open_inspect(view="network", network="lenet5", layer="c3")
    rows = app.dataframe[0].value.set_index("Exact name")
    assert rows["Parameters"].sum() == 61_706
    assert rows.loc["c1", "Output"] == "6 × 28 × 28"
    assert rows.loc["c1", "MACs"] == 28 * 28 * 6 * 25
    assert [rows.loc[name, "Receptive field (px)"] for name in ("c1", "s2", "c3", "s4")] == [
        "5",
        "6",
        "14",
        "16",
    ]
    assert rows.loc["s4", "Stride (px)"] == "4"
    assert "**61,706** parameters" in texts(app)
    app = app.button(key="inspect-go-kernels").click().run()
    assert app.query_params["view"] == "kernels"
    assert "16 filters of 6 × 5 × 5 weights" in texts(app)


# ---- the receptive field


def test_field_of_a_stack_is_exact_in_px_nm_and_diameters(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    # Of the light ground: dark is 0 here, and 0 switches every unit of this network off.
    app = open_inspect(network="stack-10", row="48", column="64")
    # Ten 3 x 3 convolutions see 21 px. Disks of 437 and 1245 px have diameters of 23.6 and 39.8 px
    # and boxes of 23 and 39 px, so weights of 12288 / (73 * 105) and 12288 / (57 * 89): 33.35 px.
    numbers = table(app)
    assert numbers[field.THEORETICAL] == "21 px = 42 nm"
    assert numbers["Mean particle diameter"] == "33.4 px = 66.7 nm"
    assert "The network sees 0.6 particle diameters" in texts(app)
    assert field.SHORT_SIGHTED.format("particle") in texts(app)
    (box,) = shown["viewer"]["boxes"]
    assert (box.top, box.left, box.bottom, box.right) == (38, 54, 59, 75)
    assert box.label == "21 px = 42 nm"
    assert shown["viewer"]["crosshair"] == (48, 64)
    overlay = shown["viewer"]["overlay"]
    assert overlay.title == "Effective field"
    # The field of view, all 96 x 128 px, and no picture of more.
    assert overlay.box == (0, 0, 96, 128)


def test_random_weights_wait_until_they_are_asked_for(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(row=str(ROW), column=str(COLUMN))
    trained, random = (field.RADIUS.format(one) for one in ("trained", "random weights"))
    # One convolution of 1 x 1 uses its own pixel alone, whatever its weights.
    assert table(app)[trained] == "0 px = 0 nm"
    assert random not in table(app)
    app = by_key(app.segmented_control, "inspect-show-").set_value("random").run()
    assert table(app)[trained] == table(app)[random] == "0 px = 0 nm"


def test_no_object_is_said_instead_of_a_diameter(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(sample="ground", network="stack-10")
    assert not app.exception
    assert field.NO_OBJECT.format("particle") in texts(app)
    assert "particle diameters" not in texts(app)


def test_effective_field_over_many_positions(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(network="stack-10", row="48", column="64", positions="9")
    assert shown["viewer"]["overlay"] is None
    app = app.button(key="work_start_positions").click().run()
    app = finish(app, "positions")
    assert not app.exception
    assert "averaged over 9 pixels" in texts(app)
    assert shown["viewer"]["overlay"].title == "Effective field"
    average = float(table(app)[field.RADIUS.format("random weights")].split()[0])
    # Never beyond the corner of the theoretical 21 x 21 px.
    assert 0 < average <= 10 * 2**0.5
    assert app.query_params["positions"] == "9"


def test_click_moves_the_pixel_and_the_link(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(network="stack-10")
    assert shown["viewer"]["crosshair"] == (48, 64)
    viewer_given = shown["viewer"]

    def click_then_show(image: object, settings: ViewerSettings, **given: object) -> None:
        if not shown.get("clicked"):
            shown["clicked"] = True
            viewer_given["on_click"](ViewerEvent(30, 31))
        shown["viewer"] = {"image": image, **vars(settings), **given}

    viewer.viewer = click_then_show
    app = app.run().run()
    assert app.query_params["row"] == "30"
    assert app.query_params["column"] == "31"
    assert shown["viewer"]["crosshair"] == (30, 31)
    assert [one.value for one in app.number_input if one.label in ("Row", "Column")] == [30, 31]


def test_typed_row_moves_the_pixel(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(network="stack-10")
    app = by_key(app.number_input, "inspect-row-").set_value(7).run()
    assert app.query_params["row"] == "7"
    assert app.query_params["column"] == "64"


# ---- feature maps


def test_channel_comes_from_the_gallery_and_costs_no_run(
    shown: dict, open_inspect: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    real = cache.feature_maps
    monkeypatch.setattr(cache, "feature_maps", lambda *given: runs.append(given[1]) or real(*given))
    app = open_inspect(view="maps")
    layer = "encoder.model.conv_stem"
    assert set(runs) == {layer}
    before = len(runs)
    pictures = shown["gallery"]["pictures"]
    assert len(pictures) == 24
    # Largest variance first, as the captions say.
    values = [float(one.caption.partition(": ")[2]) for one in pictures]
    assert values == sorted(values, reverse=True)
    assert shown["gallery"]["chosen"] == pictures[0].number
    app.query_params["channel"] = str(pictures[3].number)
    app = app.run()
    assert shown["gallery"]["chosen"] == pictures[3].number
    assert shown["viewer"]["overlay"].title == f"Channel {pictures[3].number}"
    assert len(runs) == before


def test_another_colour_scale_costs_no_run(
    shown: dict, open_inspect: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_inspect(view="maps")
    first = shown["viewer"]["overlay"], [one.url for one in shown["gallery"]["pictures"]]
    assert "in dark violet to" in texts(app)
    monkeypatch.setattr(cache, "feature_maps", lambda *given: pytest.fail("the network ran"))
    app = by_key(app.selectbox, "inspect-colors-").select("signed").run()
    assert not app.exception
    assert app.query_params["colors"] == "signed"
    low, high = re.search(r"(\S+) in blue to (\S+) in red", texts(app)).groups()
    assert float(low) == -float(high)
    second = shown["viewer"]["overlay"], [one.url for one in shown["gallery"]["pictures"]]
    assert first[0].url != second[0].url
    assert not set(first[1]) & set(second[1])


def test_ranking_by_auc_finds_the_phase(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(view="maps", measure="auc")
    assert maps.SEPARATES.format("the particle pixels in the segmentation") in texts(app)
    # The two channels are the logits: particle is always larger inside, background never.
    assert [one.caption for one in shown["gallery"]["pictures"]] == ["1: 1", "0: 0"]
    app = by_key(app.selectbox, "inspect-phase-").select("0").run()
    assert [one.caption for one in shown["gallery"]["pictures"]] == ["0: 1", "1: 0"]
    app = by_key(app.selectbox, "inspect-against-").select("truth").run()
    assert "the background pixels in the ground truth of this sample" in texts(app)
    assert app.query_params["against"] == "truth"


# ---- why this label


def test_label_of_a_known_network(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(view="label", row=str(ROW), column=str(COLUMN))
    # Grey level 0, so (0 - mean) / std times -4 for particle and times 4 for background.
    card = zoo.card("particles")
    logit = 4 * card.mean / card.std
    shares = app.dataframe[0].value.set_index("Class")["Probability"]
    assert shares["particle"] == pytest.approx(1 / (1 + np.exp(-2 * logit)), abs=1e-6)
    assert f"their sum is {logit:.5f}, the logit is {logit:.5f}" in texts(app)
    assert attribution.WHERES["object"] in by_key(app.segmented_control, "inspect-where-").options


def endless(*given: object, on_progress: ProgressCallback) -> None:
    """Stand for an explanation that never ends by itself."""
    while True:
        on_progress(1, 9)
        time.sleep(0.01)


def test_occlusion_runs_when_asked(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(view="label", show="occlusion", row=str(ROW), column=str(COLUMN))
    assert shown["viewer"]["overlay"] is None
    button = app.button(key="work_start_occlusion")
    app = finish(button.click().run(), "occlusion")
    assert not app.exception
    assert attribution.LOWERS in texts(app)
    assert shown["viewer"]["overlay"].title == "Occlusion"


def test_occlusion_can_be_cancelled(
    known_network: None, open_inspect: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occlusion, "occlusion", endless)
    app = open_inspect(view="label", show="occlusion")
    app = app.button(key="work_start_occlusion").click().run()
    job = app.session_state["lamella"].jobs["occlusion"]
    app = app.button(key="work_occlusion_cancel").click().run()
    assert isinstance(job.future.exception(timeout=60), Cancelled)
    # The click's own run may have seen the end already.
    app = app if str(Cancelled()) in texts(app) else app.run()
    assert str(Cancelled()) in texts(app)
    assert app.button(key="work_start_occlusion")


def test_integrated_gradients_add_up_at_once(
    known_network: None, shown: dict, open_inspect: Callable[..., AppTest]
) -> None:
    link = {"baseline": "mean", "row": str(ROW), "column": str(COLUMN)}
    app = finish(open_inspect(view="label", show="gradients", **link), "gradients")
    assert not app.exception
    # The network is linear, so any number of steps is exact; it sees a single pixel, the crop of
    # which is all that the network looks at.
    assert table(app)["Completeness: sum and difference are apart by"] == "0.0 %"
    assert "0.0 % of the absolute gradient lies outside" in texts(app)
    assert shown["viewer"]["overlay"].title == "Integrated gradients"


def test_a_click_stops_the_explanation_of_the_pixel_before(
    known_network: None, open_inspect: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrated_gradients, "integrated_gradients", endless)
    app = open_inspect(view="label", show="gradients", row="20", column="20")
    jobs = app.session_state["lamella"].jobs
    first = jobs["gradients"]
    app.query_params["row"] = "40"
    app = app.run()
    assert isinstance(first.future.exception(timeout=60), Cancelled)
    second = jobs["gradients"]
    assert second is not first and not second.is_stopping
    # What the user stopped is not begun again by itself.
    app = app.button(key="work_gradients_cancel").click().run()
    assert isinstance(second.future.exception(timeout=60), Cancelled)
    app = app.run()
    assert "gradients" not in jobs
    assert app.button(key="work_start_gradients")


@pytest.mark.parametrize("show", ["gradients", "occlusion"])
def test_an_explanation_stops_when_its_view_is_left(
    known_network: None,
    open_inspect: Callable[..., AppTest],
    monkeypatch: pytest.MonkeyPatch,
    show: str,
) -> None:
    monkeypatch.setattr(integrated_gradients, "integrated_gradients", endless)
    monkeypatch.setattr(occlusion, "occlusion", endless)
    app = open_inspect(view="label", show=show)
    if show == "occlusion":
        app = app.button(key="work_start_occlusion").click().run()
    jobs = app.session_state["lamella"].jobs
    first = jobs[show]
    app = app.run()
    assert jobs[show] is first and not first.is_stopping
    app = by_key(app.selectbox, "inspect-show-").set_value("cam").run()
    assert isinstance(first.future.exception(timeout=60), Cancelled)
    assert show not in jobs
    # Who comes back finds it begun anew, or asks for it anew; not what was stopped.
    app = by_key(app.selectbox, "inspect-show-").set_value(show).run()
    if show == "occlusion":
        app = app.button(key="work_start_occlusion").click().run()
    second = jobs[show]
    app = app.switch_page("../../measure.py").run()
    assert isinstance(second.future.exception(timeout=60), Cancelled)


def test_skips_are_switched_by_the_link(open_inspect: Callable[..., AppTest]) -> None:
    app = open_inspect(view="label", show="skips", skips="none")
    assert not app.exception
    agreement = app.main.table[-1].value
    assert list(agreement["Change"]) == ["+0.000", "+0.000"]
    pills = by_key(app.button_group, "inspect-skips-")
    app = pills.set_value(["decoder.blocks.3"]).run()
    assert app.query_params["skips"] == "decoder.blocks.3"
    assert list(app.main.table[-1].value["Without"]) != list(app.main.table[-1].value["Intact"])


def test_sanity_check_says_how_alike_the_maps_are(open_inspect: Callable[..., AppTest]) -> None:
    app = open_inspect(view="label", show="cam")
    app = by_key(app.toggle, "inspect-sanity-").set_value(True).run()
    assert not app.exception
    assert attribution.SANITY in texts(app)
    stages = app.main.table[-1].value
    assert list(stages.columns) == ["Random from the output down to", "Rank correlation"]
    assert len(stages) == 8


# ---- links


def test_another_image_is_shown_at_its_middle_where_the_pixel_lies_outside(
    open_inspect: Callable[..., AppTest],
) -> None:
    app = open_inspect(view="field", row="50", column="90")
    assert not warnings(app)
    app = by_key(app.selectbox, "image_choice-").select("sample:crumb").run()
    assert not [one for one in warnings(app) if "lies outside" in one]
    assert "row" not in app.query_params


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"layer": "encoder.conv_stam"}, 'This network has no layer "encoder.conv_stam"'),
        ({"row": "96", "column": "5"}, "Row 96, column 5 lies outside the image of 128 x 96 px"),
        ({"row": "-1", "column": "5"}, "Row -1, column 5 lies outside the image of 128 x 96 px"),
        ({"row": "99999"}, "a row without a column; shown: the middle"),
        ({"column": "7"}, "a column without a row; shown: the middle"),
        ({"row": "x", "column": "5"}, 'row "x"'),
        ({"view": "cellar"}, 'view "cellar"; choose one of network, kernels'),
        ({"view": "maps", "channel": "999"}, "There is no channel 999; encoder stem, convolution"),
        ({"network": "lenet6"}, 'network "lenet6"; choose one of lenet5-1998'),
        ({"view": "label", "show": "tea"}, 'show "tea"; choose one of cam'),
        ({"view": "label", "class": "9"}, 'class "9"; choose one of 0, 1'),
        (
            {"view": "label", "show": "occlusion", "square": "4000"},
            "square 4000; choose one from 4 to 32",
        ),
        (
            {"view": "label", "show": "skips", "skips": "roof"},
            '"roof"; this network has skips into decoder.blocks.0',
        ),
        ({"positions": "7"}, 'positions "7"; choose one of 1, 9'),
        ({"view": "maps", "colors": "pink"}, 'colors "pink"; choose one of'),
    ],
)
def test_bad_link_is_one_sentence_and_the_page_works(
    link: dict[str, str], sentence: str, open_inspect: Callable[..., AppTest], shown: dict
) -> None:
    app = open_inspect(wait=False, **link)
    assert not app.exception
    assert sum(sentence in one for one in warnings(app)) == 1
    assert "viewer" in shown
    # The link has become right; what it could not have is still said once.
    app = app.run()
    assert sum(sentence in one for one in warnings(app)) == 1


def test_image_smaller_than_the_stride_is_one_sentence(
    open_inspect: Callable[..., AppTest],
) -> None:
    app = open_inspect(sample="crumb")
    assert not app.exception
    assert any("this network needs at least 38 px a side" in one for one in warnings(app))


def test_the_link_is_back_when_the_page_is(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(network="stack-10", view="kernels", layer="conv3")
    app = app.switch_page("../../segment.py").run()
    for name in ("view", "network", "layer"):
        app.query_params.pop(name, None)
    app = app.switch_page("../../inspect.py").run()
    assert app.query_params["view"] == "kernels"
    assert app.query_params["layer"] == "conv3"
    assert "8 filters of 8 × 3 × 3 weights" in texts(app)


def test_address_of_before_a_change_does_not_undo_it(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    # The browser sends the address that it had when the user acted; see frame/link.py.
    app = open_inspect(network="stack-10", row="48", column="64", layer="conv3")
    late = app.query_params.copy()
    app = by_key(app.number_input, "inspect-row-").set_value(7).run()
    app.query_params.update(late)
    app = app.segmented_control[0].set_value("kernels").run()
    assert app.query_params["view"] == "kernels"
    assert app.query_params["row"] == "7"
    app.query_params.update(late)
    app = app.segmented_control[0].set_value("field").run()
    assert by_key(app.number_input, "inspect-row-").value == 7
    assert by_key(app.selectbox, "inspect-layer-").value == "conv3"


def test_address_of_before_another_image_does_not_undo_it(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(network="stack-10")
    app = by_key(app.selectbox, "image_choice-").select("sample:ground").run()
    app.query_params["sample"] = "disks"
    app = app.segmented_control[0].set_value("kernels").run()
    assert app.query_params["sample"] == "ground"
    assert by_key(app.selectbox, "image_choice-").value == "sample:ground"


def test_what_a_button_changed_is_not_undone_by_the_widget_of_before(
    known_network: None, open_inspect: Callable[..., AppTest]
) -> None:
    app = open_inspect(view="network", network="lenet5", layer="c3")
    before = app.segmented_control[0].key
    app = app.button(key="inspect-go-kernels").click().run()
    assert app.segmented_control[0].value == "kernels"
    assert app.segmented_control[0].key != before


# ---- what the page adds to core


def test_the_field_lies_around_the_pixel_and_moves_in_steps() -> None:
    assert inspect_subject._centre((384, 512), (768, 1024), (0, 0)) == (384, 512)
    assert inspect_subject._centre((351, 1023), (768, 1024), (0, 0)) == (320, 1023)
    assert inspect_subject._centre((21, 5), (768, 1024), (20, 60)) == (20, 0)


def test_labels_go_to_the_field_and_back() -> None:
    labels = np.arange(96 * 128).reshape(96, 128) % 251
    window = choose_field((96, 128), (10, 10), side=64, multiple=32)
    inner = labels_in_field(labels, window)
    assert np.array_equal(inner, labels[:64, :64])
    whole = labels_on_micrograph(inner, window, (96, 128))
    assert np.array_equal(whole[:64, :64], inner)
    assert whole[64:].max() == whole[:, 64:].max() == 0


def test_labels_of_a_shrunk_field_are_every_second() -> None:
    labels = np.arange(64 * 64).reshape(64, 64)
    window = choose_field((64, 64), side=32, multiple=32, scale=(0.5, 0.5))
    assert np.array_equal(labels_in_field(labels, window), labels[::2, ::2])


def test_the_pixel_of_an_object_lies_in_it() -> None:
    row, column = np.mgrid[:40, :60]
    ring = (abs(np.hypot(row - 20, column - 30) - 12) < 2).astype(np.uint32) * 3
    at = pixel_of_object(ring, 3)
    assert ring[at] == 3
    disk = (np.hypot(row - 20, column - 30) < 9).astype(np.uint32)
    assert pixel_of_object(disk, 1) == (20, 30)


def test_pixel_region_is_one_pixel() -> None:
    subject = Subject(DarkIsParticle(), torch.zeros(1, 1, 8, 9))
    region = pixel_region(subject, 3, 4)
    assert region.shape == (8, 9)
    assert np.argwhere(region).tolist() == [[3, 4]]


def test_ring_lies_at_the_radius() -> None:
    clear = IndexedImage(np.zeros((101, 101), np.uint8), np.zeros((1, 4), np.uint8))
    picture = with_ring(clear, (50, 50), 30)
    rows, columns = np.nonzero(picture.rgba[..., 0] == 255)
    assert np.abs(np.hypot(rows - 50, columns - 50) - 30).max() < 1
    assert len(rows) > 100


def test_a_classic_method_has_nothing_to_look_into_so_a_network_is_shown(
    open_inspect: Callable[..., AppTest],
) -> None:
    app = open_inspect(model="otsu", view="network")
    assert not app.exception
    networks = by_key(app.selectbox, "inspect-network-")
    assert networks.value == "particles"
    assert not any("Otsu" in option for option in networks.options)
    otsu, shown = (zoo.CARDS[name].title for name in ("otsu", "particles"))
    assert choices.NO_NETWORK.format(otsu, shown) in texts(app)


def test_the_classifier_of_kinds_shows_what_speaks_for_its_answer(
    shown: dict, open_inspect: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Offer("large", "Large", "Two.", True, lambda page: disks((160, 200)))
    monkeypatch.setattr(samples, "offers", lambda: (large,))
    app = open_inspect(
        wait=False, sample="large", network="micrograph-type", view="label", show="cam"
    )
    assert not app.exception
    shares = app.dataframe[0].value.set_index("Class")["Probability"]
    assert list(shares.index)[-1] == "other" and len(shares) == 7
    assert shares.sum() == pytest.approx(1)
    assert shown["viewer"]["overlay"].title == "Seg-Grad-CAM"
    # 128 px, halved five times.
    assert "in 4 × 4 units of stage 4, block 2" in texts(app)


def test_a_link_to_a_model_without_an_image_opens_that_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disks_of_particles = replace(samples.offers()[0], model="particles")
    monkeypatch.setattr(samples, "offers", lambda: (disks_of_particles,))
    app = opened("inspect", model="carbon-steel")
    assert not app.exception
    assert app.query_params["model"] == "carbon-steel"
    assert app.query_params["sample"] == "disks"

"""The lines under "Check it yourself", as each page of the lecture shows them, are run."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.segmentation.engines.engine import Engine
from models import zoo
from models.architectures.small import SmallUnet
from pages.components.frame import stores
from pages.components.frame.work import networks
from pages.components.learn.frame import lessons
from tests.pages.running import finish, lesson, phases_only, texts, warnings

REPOSITORY = Path(__file__).resolve().parents[3]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
TOPICS = (
    "Output size",
    "Convolution vs. cross-correlation",
    "The border",
    "Several channels",
    "Separable",
)


def run_snippets(app: AppTest) -> int:
    """Run every snippet of a page and compare what it prints; return how many there were."""
    shown = [block for block in app.code if block.language in ("python", "text")]
    pairs = list(zip(shown[::2], shown[1::2], strict=True))
    for lines, prints in pairs:
        assert (lines.language, prints.language) == ("python", "text")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(lines.value, "<snippet>", "exec"), {})
        said, expected = printed.getvalue().strip(), prints.value.strip()
        assert NUMBER.sub("#", said) == NUMBER.sub("#", expected), lines.value
        numbers = [float(one) for one in NUMBER.findall(said)]
        assert numbers == pytest.approx([float(one) for one in NUMBER.findall(expected)], rel=1e-6)
    return len(pairs)


@pytest.mark.parametrize("page", [path.stem for _, path in lessons()])
def test_every_snippet_of_every_page_prints_what_the_page_says(page: str) -> None:
    app = lesson(page)
    assert not app.exception and not app.error
    assert run_snippets(app) >= 1


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_of_the_convolution_page_draws(topic: str) -> None:
    app = lesson("convolution", conv_topic=topic, conv_size="5 x 5", conv_preset="Corner")
    assert not app.exception and not app.error and not app.warning
    assert app.segmented_control(key="conv_topic").value == topic
    has_its_own = topic in ("Output size", "Convolution vs. cross-correlation", "Separable")
    assert run_snippets(app) == 1 + has_its_own


def test_a_stride_larger_than_the_image_keeps_the_last_good_map() -> None:
    app = lesson("convolution")
    app.number_input(key="conv_stride").set_value(3).run()
    good = [one.value for one in app.markdown if "Feature map" in one.value]
    app.number_input(key="conv_stride").set_value(5000).run()
    assert not app.exception
    assert [one.value for one in app.markdown if "Feature map" in one.value] == good
    assert "steps over the whole image of 256 px" in warnings(app)[0]
    app.number_input(key="conv_stride").set_value(1).run()
    assert not app.warning


@pytest.mark.parametrize(
    "kernel", ["nan,0,0;0,1,0;0,0,0", "1,2;3,4", "<script>", "1e999,0,0;0,1,0;0,0,0"]
)
def test_a_link_with_a_broken_kernel_gets_one_sentence(kernel: str) -> None:
    app = lesson("convolution", conv_kernel=kernel)
    assert not app.exception
    assert len(app.warning) == 1
    assert any("Feature map" in one.value for one in app.markdown)


def test_a_kernel_and_a_pixel_in_the_link_are_used() -> None:
    app = lesson("convolution", conv_kernel="0,0,0;0,2,0;0,0,0", conv_pixel="3,5")
    assert "The chosen pixel of the patch, row 3, column 5:" in texts(app)
    assert any("scipy: equal" in one.value for one in app.caption)


def test_the_answer_comes_only_after_a_guess() -> None:
    app = lesson("convolution")
    assert app.toggle(key="conv_predict_reveal").disabled
    app.slider(key="conv_predict_guess").set_value(13).run()
    app.toggle(key="conv_predict_reveal").set_value(True).run()
    assert any("You said 13: it is 14." in one.value for one in app.markdown)
    app.slider(key="conv_predict_guess").set_value(14).run()
    assert any("Right: it is 14." in one.value for one in app.markdown)


def test_as_presenter_the_sidebar_is_away() -> None:
    assert lesson("sharing").sidebar.selectbox
    assert not lesson("sharing", presenter="true").sidebar.selectbox


def test_the_image_problem_begins_with_what_does_not_fit() -> None:
    app = lesson("image_problem")
    said = texts(app)
    assert "**17,592,186,044,416 weights, 64 TiB**" in said
    # 2^48 bytes on cards of 80 GiB, of which one has to stay free for an image.
    assert "takes 256 TiB, **3,277 cards** of 80 GB (H100)" in said
    assert "**144 weights**" in said
    app.segmented_control(key="image_card").set_value("GeForce RTX 4060")
    app.segmented_control(key="image_precision").set_value("double").run()
    assert "takes 512 TiB, **65,537 cards** of 8 GB (GeForce RTX 4060)" in texts(app)


def test_the_matrix_of_the_sharing_page_counts() -> None:
    app = lesson("sharing")
    weights = lambda: next(one.value for one in app.metric if one.label == "Weights")  # noqa: E731
    assert weights() == "9"
    app.radio(key="share_kind").set_value("Locally connected").run()
    assert weights() == "324"
    app.radio(key="share_kind").set_value("Fully connected").run()
    assert weights() == "2,304"


def test_the_network_is_shifted_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, device: str = "auto", **choice: object) -> Engine:
        torch.manual_seed(0)
        return Engine(phases_only(zoo.card(name)), SmallUnet().eval(), "cpu")

    networks.engine.clear()
    stores._store.clear("results", stores.RESULT_BYTES)
    monkeypatch.setattr(zoo, "load", load)
    app = lesson("sharing")
    app.button(key="work_start_network_shift").click().run()
    app = finish(app, "network_shift")
    networks.engine.clear()
    stores._store.clear("results", stores.RESULT_BYTES)
    values = {one.label: one.value for one in app.metric}
    assert float(values["Spread, circular"]) == 0
    assert float(values["Spread, as trained"]) > 1e-4


@pytest.mark.parametrize("page", [path.stem for _, path in lessons()])
def test_a_page_opens_with_the_micrograph_and_with_why_it_matters(page: str) -> None:
    app = lesson(page)
    words = [one.value for one in app.markdown if not one.value.startswith("**")][:2]
    assert all(word.endswith(".") for word in words)
    pictures = [one for one in app.get("html") if "class='opening'" in one.proto.body]
    # On the others the micrograph itself is the demonstration.
    begins_with_it = page in ("convolution", "sharing", "pooling", "receptive_field")
    assert len(pictures) == (not begins_with_it)

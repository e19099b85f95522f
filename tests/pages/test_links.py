"""Every page stands with any of its parameters in the link: alone, all of them, twice."""

from __future__ import annotations

import ast
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.frame import link as link_module
from pages.components.frame.memory import Memory
from tests.pages.running import REPOSITORY, by_key, opened, texts, warnings

SHARED = {"sample": "gold-tem", "model": "particles"}
QUERIES = {
    "segment": "precision=Fast&careful=true&object=2",
    "models": "card=particles",
    "inspect": (
        "presenter=true&view=network&show=random&network=unet&layer=nowhere&channel=1&row=9&column=9&"
        "colors=grey&order=number&input=0&scales=own&measure=mean&phase=1&against=truth&"
        "all=on&positions=9&class=1&baseline=mean&where=field&sanity=on&square=32&skips=none&whole=on"
    ),
    "correct": "begin=model&result=no-such",
    "library": (
        "find=steel&tag=as cast&by=otsu&added=7&sorted=name&page=1&item=no-such&left=no-such&"
        "right=no-such"
    ),
    "batch": (
        "batch=no-such&column=alloy&what=phases&phase=1&method=point count&points=20&unweighted=on&"
        "fit=gamma&error=2&unit=nm"
    ),
    "train": "training=no-such&source=upload&shown=2",
    "measure": (
        "what=phases&phase=1&method=point count&points=20&unweighted=on&fit=gamma&error=2&unit=nm"
    ),
    "lecture": "step=pooling&present=1&class=over",
    "image_problem": (
        "presenter=true&image_side=64&image_units=16&image_maps=2&image_precision=half&"
        "image_training=false&image_snapshot=3&image_subject=x&image_shift=2&image_card=x"
    ),
    "convolution": (
        "presenter=true&conv_preset=Sobel x&conv_size=5&conv_filter=2&conv_stride=2&"
        "conv_dilation=2&conv_padding=full&conv_fill=reflect&conv_flip=true&"
        "conv_topic=Borders&conv_side=9&conv_at=3,4&conv_pixel=1,2&conv_kernel=0,1,0"
    ),
    "sharing": (
        "presenter=true&share_layer=Max pooling of 2&share_shift=3,-2&share_question=x&"
        "share_kind=Convolution&share_side=12&share_size=5"
    ),
    "receptive_field": (
        "presenter=true&field_network=VGG16&layers=conv 5&structure_nm=14&structure_px=9&"
        "field_row=3&field_column=3"
    ),
    "pooling": (
        "presenter=true&pool_topic=Shift&pooling=median&window=3&stride=3&ground=flat&"
        "dose=10&contrast=2&pool_at=3,4"
    ),
    "architectures": "presenter=true&architecture=VGG16",
    "skip_connections": (
        "presenter=true&skips_topic=Gradients&depth=4&batch_norm=true&train_depth=4&"
        "family_layers=110&family_skip=false"
    ),
    "gold_nanoparticles": (
        "presenter=true&step=question&kind=mixed&axis=110&voltage=80&dose=300&pixel=0.1&specimen=2&count=3&"
        "diameter=2&carbon=1&defocus=-20&cs=0.1&spread=1&astigmatism=2&blur=0.1&"
        "threshold=0.4&training_steps=20&source=simulated&network=shipped&particle=1&"
        "fault=dose"
    ),
    "grain_boundaries": (
        "step=network&structure=2&adjust=seeds&training_steps=20&left_out=none&network=shipped"
    ),
    "ising": (
        "step=network&side=16&algorithm=wolff&start=ordered&temperature=2&kind=quench&"
        "size=16&feature=energy&magnetization=0.5&energy=-1&network=symmetric&images=quench&"
        "symmetries=off&epochs=2&seed=1&beside=none&tested=quench&labels=all"
    ),
}
PARAMETERS = {page: dict(parse_qsl(query)) for page, query in QUERIES.items()}
# Widgets whose key is put together: the weights of the rank topic, and the layers of a stack.
MADE_UP_KEYS = 2


def stands(app: AppTest) -> None:
    assert not app.exception
    assert not app.error
    assert app.title


CASES = [(page, {name: value}) for page, own in PARAMETERS.items() for name, value in own.items()]
CASES += [(page, SHARED | own) for page, own in PARAMETERS.items()]


@pytest.mark.parametrize(
    ("page", "link"), CASES, ids=[f"{page}-{'-'.join(link)}"[:60] for page, link in CASES]
)
def test_page_stands(page: str, link: dict[str, str]) -> None:
    stands(opened(page, **link))


@pytest.mark.parametrize("page", PARAMETERS)
def test_page_stands_where_each_parameter_comes_twice(page: str) -> None:
    stands(opened(page, **{name: [text] * 2 for name, text in (SHARED | PARAMETERS[page]).items()}))


def test_presenter_stays_after_a_reload_without_a_sample() -> None:
    """An own image is not in the link, so a reload has the switch and no sample."""
    app = opened("pooling", presenter="true")
    assert app.toggle(key="presenter").value
    assert app.query_params["presenter"] == "true"
    assert app.query_params["sample"] == "gold-tem"


def test_a_link_to_a_model_that_was_replaced_opens_the_one_in_its_place() -> None:
    app = opened("segment", model="particles-resnet34")
    stands(app)
    assert app.query_params["model"] == "particles"
    assert warnings(app) == [
        "The link asks for the model 'particles-resnet34', which is no longer there; Nanoparticles "
        "replaces it."
    ]


class Address(dict):
    """Stands in for the browser's address."""

    to_dict = dict.copy

    def from_dict(self, values: dict[str, str]) -> None:
        self.clear()
        self.update(values)


def test_the_menu_brings_a_pages_part_of_the_link_back_and_the_browsers_history_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, mine = Address(view="label"), Memory()
    monkeypatch.setattr("streamlit.query_params", address)
    by_history = False
    monkeypatch.setattr(link_module, "_is_back_or_forward", lambda: by_history)

    def comes_to(page: str, *names: str, **query: str) -> str | None:
        address.from_dict(query)
        link_module.follow(mine, page)
        link_module.return_to(mine, page, names)
        return address.get("view")

    assert comes_to("inspect", "view", view="label") == "label"
    assert comes_to("segment", "object") is None
    assert comes_to("inspect", "view") == "label"
    by_history = True
    assert comes_to("inspect", "view") is None
    assert comes_to("inspect", "view", view="label") == "label"


def test_every_page_and_every_parameter_is_tried() -> None:
    pages = {path.stem for path in (REPOSITORY / "pages").glob("*.py")}
    assert set(PARAMETERS) == pages
    made_up, bound, read = 0, set(), set()
    for path in (REPOSITORY / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            given = {one.arg: one.value for one in getattr(node, "keywords", ())}
            if isinstance(node, ast.Call) and "bind" in given:
                key = given["key"]
                bound |= {key.value} if isinstance(key, ast.Constant) else set()
                made_up += isinstance(key, ast.JoinedStr)
            called = getattr(getattr(node, "func", None), "id", "")
            if called in ("PageLink", "link_of") and isinstance(node, ast.Call):
                parts = (part for given in node.args[1:] for part in ast.walk(given))
                read |= {part.value for part in parts if isinstance(part, ast.Constant)}
    assert bound | read <= {name for own in PARAMETERS.values() for name in own}
    assert made_up == MADE_UP_KEYS


@pytest.mark.parametrize("page", ["measure", "correct", "inspect"])
def test_a_sample_that_does_not_exist_is_said_beside_the_one_that_is_shown(page: str) -> None:
    shown = opened(page, sample="nope", model="particles-resnet18")
    assert "sample 'nope'" in texts(shown)
    assert shown.query_params["sample"] == "gold-tem"
    assert shown.query_params["model"] == "particles-resnet18"


def test_what_a_link_cannot_have_is_said_until_the_user_acts_on_it() -> None:
    app = opened("ising", step="six", temperature="hot")
    step, temperature = warnings(app)
    assert step.startswith('The link asks for step "six"; choose one of data, question')
    assert temperature.startswith('The link asks for temperature "hot"; it must be a number')
    assert warnings(app.run()) == [step, temperature]
    by_key(app.slider, "ising-temperature").set_value(2.0).run()
    assert warnings(app) == [step]
    by_key(app.get("button_group"), "ising-step").set_value("question").run()
    assert warnings(app) == []


def test_what_a_link_cannot_have_is_no_longer_said_on_another_page() -> None:
    app = opened("models", card="nope")
    assert len(warnings(app.run())) == 1
    app.switch_page("../../ising.py").run()
    app.switch_page("../../models.py").run()
    assert warnings(app) == []

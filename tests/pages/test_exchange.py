"""Foreign models on the page Models: opened, looked at, refused, kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.exchange import onnx_opening, opening
from core.exchange.description import Description
from core.workspace.lab import lab_models
from core.workspace.lab.lab_models import NewModel
from models import lab
from pages.components.frame import keeping
from pages.components.models import foreign, importing
from tests.onnx_files import description, network, package
from tests.pages.frame.test_keeping import ANN, become
from tests.pages.running import finish, opened, texts


def importer(name: str, data: bytes, kind: str = "application/octet-stream") -> AppTest:
    app = opened("models")
    (chooser,) = (one for one in app.get("file_uploader") if one.key == "import-file")
    return finish(chooser.upload(name, data, kind).run(), importing.PLACE)


def test_a_foreign_network_is_opened_described_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)
    app = importer("their net.onnx", network().SerializeToString())
    assert not app.exception
    assert [one.value for one in app.warning] == [foreign.NOT_TESTED]
    names = next(one for one in app.text_input if one.label.startswith("Names of the phases"))
    names.set_value("dark, bright")
    app = next(one for one in app.button if one.label == "Try it with this").click().run()
    app = finish(app, importing.PLACE)
    assert "dark, bright" in app.table[0].value.to_string()
    app = app.button(key="import-keep").click().run()
    assert not app.exception
    card = opened("models", card="their-net")
    assert [one.value for one in card.warning] == [foreign.NOT_TESTED]
    # There is nothing to look into, and no other network is shown in its place.
    inspected = opened("inspect", sample="gold-tem", model="their-net")
    assert not inspected.exception and "nothing to look into" in texts(inspected)
    assert next(one for one in inspected.selectbox if one.label == "Network").value is None
    segment = opened("segment", sample="gold-tem", model="their-net")
    assert (
        "their net (foreign)"
        in next(one for one in segment.selectbox if one.label == "Model").options
    )


def test_an_agreement_on_measure_stands_on_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)
    found = onnx_opening.opened(network().SerializeToString(), "halves", "onnx", Description())
    opened("models")
    workspace = keeping.workspace()
    assert workspace is not None
    lab.keep(workspace, ANN, NewModel("foreign", False, found.card, found.weights))
    app = finish(opened("measure", sample="gold-tem", model="halves"))
    mask = io.BytesIO()
    Image.fromarray(np.eye(768, 1024, dtype=np.uint8)).save(mask, "PNG")
    (chooser,) = (one for one in app.get("file_uploader") if (one.key or "").startswith("refer"))
    app = chooser.upload("mask.png", mask.getvalue(), "image/png").run()
    assert not app.exception
    kept = lab_models.find(workspace, ANN, "halves")
    assert kept is not None
    (score,) = kept.card.tested
    assert score.metric == "mean IoU" and "on the page Measure" in score.data
    card = opened("models", card="halves")
    assert not card.warning and "on the page Measure" in card.table[0].value.to_string()


def test_a_package_with_code_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)
    found = description()
    found["inputs"][0]["preprocessing"] = [{"id": "custom", "source": "own.py"}]
    app = importer("bad.zip", package(found), "application/zip")
    assert not app.exception
    assert any("code of its own" in one.value for one in app.error)
    assert not [one for one in app.button if one.key == "import-keep"]


def test_an_admin_who_forbids_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opening.ALLOWED, "0")
    app = opened("models")
    assert any("LAMELLA" in one.value for one in app.info)
    assert not [one for one in app.get("file_uploader") if one.key == "import-file"]

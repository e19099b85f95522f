"""The page Ising, run without a browser: five steps, a training, links, bad parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.frame import stores
from pages.components.studies.ising.data import LATTICE
from pages.components.studies.study import STEPS
from studies.ising import download as fetch
from studies.ising.networks import results as ising
from tests.pages import running
from tests.pages.running import texts, warnings

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Begin without the lecture's images and without kept results, whoever runs the tests."""
    monkeypatch.setenv("LAMELLA_DATA", str(tmp_path))
    stores._store.clear("results", stores.RESULT_BYTES)
    yield
    stores._store.clear("results", stores.RESULT_BYTES)


def opened(page: str = "ising", **link: str) -> AppTest:
    return running.opened(page, **link)


def metrics(app: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in app.metric}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens_offline_with_shipped_results(step: str) -> None:
    app = opened(step=step)
    assert not app.exception and not app.error and not app.warning
    assert app.segmented_control[0].value == step


def test_the_live_lattice_runs_and_refuses_an_odd_side() -> None:
    app = opened(side="16", temperature="5.0")
    lattice = app.session_state[LATTICE]
    assert (lattice.side, lattice.temperature) == (16, 5.0)
    assert 1 <= lattice.steps <= 80
    assert "exact (infinite lattice) -0.428" in texts(app)
    assert "No mean yet" in texts(app)
    lattice.advance("Metropolis, checkerboard", 800, seconds=60)
    app.run()
    assert re.search(r"mean -0\.4\d\d ± 0\.00\d", texts(app))
    odd = next(one for one in app.number_input if one.label == "Side L (even)")
    odd.set_value(15).run()
    assert warnings(app) == [
        "A side of L = 15 is odd; the checkerboard closes around the periodic border only for an "
        "even L, such as 16."
    ]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"step": "six"}, 'The link asks for step "six"; choose one of data, question'),
        ({"temperature": "hot"}, 'temperature "hot"; it must be a number from 0.1 to 5'),
        ({"temperature": "nan"}, "it must be a number from 0.1 to 5"),
        ({"side": "1e99"}, "it must be a number"),
        ({"side": "513"}, "L = 513 is odd"),
        ({"step": "network", "epochs": "0"}, "it needs 1 to 60 epochs"),
        ({"step": "network", "network": "small-cnn", "size": "64"}, "choose one of symmetric"),
    ],
)
def test_a_link_that_cannot_be_gets_one_sentence(link: dict[str, str], words: str) -> None:
    app = opened(**link)
    assert not app.exception
    assert [words in one for one in warnings(app)] == [True]


def test_the_switch_shows_that_the_quench_has_no_order() -> None:
    """At T = 0.6 the exact |m| is 1: equilibrium has it, the quench has not."""
    cold = {
        kind: next(
            float(one.value.rpartition("|m| = ")[2])
            for one in opened(kind=kind).caption
            if one.value.startswith("T = 0.6")
        )
        for kind in ("quench", "equilibrium")
    }
    assert cold["equilibrium"] > 0.99
    assert cold["quench"] < 0.6


def test_a_threshold_is_moved_and_scored() -> None:
    app = opened(step="question", feature="energy", size="16", energy="-2.0")
    everything_above = float(metrics(app)["Accuracy, your threshold"].removesuffix(" %"))
    assert everything_above == pytest.approx(50, abs=8)
    slider = next(one for one in app.slider if "Threshold" in one.label)
    slider.set_value(-1.2).run()
    assert float(metrics(app)["Accuracy, your threshold"].removesuffix(" %")) > 93
    assert app.query_params["energy"] in ("-1.2", ["-1.2"])


def test_a_training_in_the_background_survives_a_page_change() -> None:
    app = opened(step="network", size="16", epochs="2", images="made")
    assert "`lamella fetch ising` downloads them" in texts(app)
    next(one for one in app.button if one.label == "Train").click().run()
    assert any(one.label == "Cancel" for one in app.button)
    job = app.session_state["lamella"].jobs["ising"]
    app.switch_page("../../sharing.py").run()
    job.future.result(timeout=120)
    app.switch_page("../../ising.py").run()
    shown = metrics(app)
    assert float(shown["Validation accuracy"].removesuffix(" %")) > 75
    assert float(shown["Energy threshold, same images"].removesuffix(" %")) > 94
    assert "validation images" in texts(app)
    assert job.done == job.total > 0


def test_a_training_is_cancelled() -> None:
    app = opened(step="network", size="16", epochs="60", network="lenet5")
    next(one for one in app.button if one.label == "Train").click().run()
    job = app.session_state["lamella"].jobs["ising"]
    next(one for one in app.button if one.label == "Cancel").click().run()
    # The run of the click says it already where the worker was quick.
    said = texts(app)
    with pytest.raises(Exception, match="as asked"):
        job.future.result(timeout=60)
    app.run()
    assert "Stopped before the end, as asked." in said + texts(app)
    assert any(one.label == "Train" for one in app.button)


def test_the_lectures_images_are_offered_once_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = fetch.ising_folder()
    folder.mkdir()
    for side in (16, 64):
        for name in (f"images_{side}.zip", f"labels_{side}.csv"):
            (folder / name).write_bytes(b"no zip at all")
    app = opened(step="network")
    source = next(one for one in app.segmented_control if one.label == "Images")
    assert source.options[0] == "The lecture's images"
    assert "is damaged" in warnings(app)[0]


@pytest.mark.parametrize(("size", "beside"), [(16, "small-cnn"), (64, "full-cnn")])
def test_results_are_those_of_the_files(size: int, beside: str) -> None:
    app = opened(step="result", size=str(size), beside=beside)
    folds = {one.network: one for one in ising.folds(size)}
    assert f"{100 * folds['symmetric'].mean:.1f} %" in texts(app)
    tables = [one.value for one in app.table]
    assert tables[0]["accuracy (%)"].iloc[0] == f"{100 * max(o.mean for o in folds.values()):.1f}"
    assert len(tables[0]) == len(folds)
    points = [one["minus energy threshold (points)"] for one in tables[1:3]]
    assert not [said for column in points for said in column if said.startswith("-0.0")]


def test_what_breaks_names_tc_and_the_receptive_field() -> None:
    app = opened(step="breaks", tested="quench")
    found = ising.measured(ising.CRITICAL)["all"]
    assert metrics(app)["Tc, where L = 32 and 64 cross"] == f"{found['crossing']['value']:.3f} J/k"
    assert "**3, 4, 8, 10 px**" in texts(app)
    assert "0 is T < Tc" in texts(app)


@pytest.mark.parametrize("name", ["ising-symmetric-64", "ising-small-cnn-16"])
def test_inspect_opens_a_trained_network_on_a_snapshot(name: str) -> None:
    app = opened("inspect", sample=f"ising-{name[-2:]}", network=name, view="kernels")
    assert not app.exception and not app.error and not app.warning
    assert "8 filters of 1 × 3 × 3 weights" in texts(app)

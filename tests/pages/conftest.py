"""What the tests of pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.engines.engine import Engine
from core.types.model_card import ModelCard
from models import zoo
from pages.components.frame.work import networks


@pytest.fixture(autouse=True, scope="session")
def installed_once() -> Iterator[None]:
    """Read what each installed package says of itself once, not anew for each page: no package
    comes or goes meanwhile, and reading takes longer than most pages."""
    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(autouse=True, scope="module")
def own_engines() -> None:
    """Begin each file without the networks that another put in the place of the zoo's."""
    networks.engine.clear()


@pytest.fixture(scope="session")
def load_once() -> Callable[..., Engine | ClassicEngine]:
    """Return :func:`models.zoo.load`, which loads a card of the zoo once for all tests."""
    load, loaded = zoo.load, list[tuple[tuple[ModelCard, object], Engine | ClassicEngine]]()

    def again(name: str, device: str = "auto", **choice: object) -> Engine | ClassicEngine:
        asked = (device, sorted(choice.items()))
        for (card, known), engine in loaded:
            if card is zoo.card(name) and known == asked:
                return engine
        loaded.append(((zoo.card(name), asked), load(name, device, **choice)))
        return loaded[-1][-1]

    return again


@pytest.fixture(autouse=True)
def shared_engines(
    load_once: Callable[..., Engine | ClassicEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Share engines between the tests, as the sessions of a server do."""
    monkeypatch.setattr(zoo, "load", load_once)

"""The images' store: what is kept, what is dropped, who may see it."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.bounded_store import BoundedStore
from core.figures import encoding
from core.figures.encoding import EncodedImage
from core.types.segmentation import Phase
from pages.components.frame import identity
from pages.components.frame.serving import image_store
from pages.components.frame.serving.image_store import ImageStore, image_route


def picture(size: int = 100) -> EncodedImage:
    return EncodedImage(b"x" * size, "image/png")


def token_of(address: str) -> str:
    return address.split("/")[-2]


def test_least_recently_used_goes_first() -> None:
    store: BoundedStore[str, str] = BoundedStore(100)
    store.put("a", "A", 40)
    store.put("b", "B", 40)
    assert store.get("a") == "A"
    store.put("c", "C", 40)
    assert (store.get("a"), store.get("b"), store.get("c")) == ("A", None, "C")
    assert store.bytes == 80


def test_same_key_replaces_and_newest_is_kept_whatever_its_size() -> None:
    store: BoundedStore[str, str] = BoundedStore(100)
    store.put("a", "A", 60)
    store.put("a", "B", 70)
    assert store.bytes == 70
    store.put("large", "L", 500)
    assert (store.get("a"), store.get("large"), store.bytes) == (None, "L", 500)


def test_threads_never_lose_count() -> None:
    store: BoundedStore[int, int] = BoundedStore(1000)

    def work(seed: int) -> None:
        for step in range(300):
            store.put((seed * 7 + step) % 50, step, 30 + step % 5)
            store.get(step % 50)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    held = [key for key in range(50) if store.get(key) is not None]
    assert store.bytes <= 1000
    assert 1000 // 34 <= len(held) <= 1000 // 30


def test_address_is_made_once_for_an_owner_and_differs_between_owners() -> None:
    store, made = ImageStore(), []

    def make() -> EncodedImage:
        made.append(1)
        return picture()

    first, again = store.address("ann", "d1", make), store.address("ann", "d1", make)
    other = store.address("bob", "d1", make)
    assert first == again
    assert len(made) == 2
    assert first.endswith("/d1.png")
    assert token_of(first) != token_of(other)
    assert len(token_of(first)) >= 32


def test_whoever_waits_for_a_browser_goes_on_once_it_has_asked() -> None:
    store = ImageStore()
    address = store.address("anna", "abc", picture)
    assert not store.wait_until_asked(address, 0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.wait_until_asked, address, 60)
        assert store.get(token_of(address), "abc") is not None
        assert waiting.result()
    store.forget("anna")
    assert store.wait_until_asked(address, 60)


def test_dropped_image_gets_a_new_token() -> None:
    store = ImageStore(capacity_bytes=250)
    first = store.address("ann", "d1", picture)
    for digest in ("d2", "d3"):
        store.address("ann", digest, picture)
    assert store.get(token_of(first), "d1") is None
    assert token_of(store.address("ann", "d1", picture)) != token_of(first)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> ImageStore:
    made = ImageStore()
    monkeypatch.setattr(image_store, "image_store", lambda: made)
    return made


@pytest.mark.parametrize(("base", "before"), [("", ""), ("sem", "/sem"), ("/a/b/", "/a/b")])
def test_route_serves_below_the_base_path(base: str, before: str, store: ImageStore) -> None:
    address = store.address("ann", "d1", picture)
    answer = TestClient(Starlette(routes=[image_route(base)])).get(before + address)
    assert (answer.status_code, answer.content) == (200, b"x" * 100)
    assert answer.headers["content-type"] == "image/png"
    assert "private" in answer.headers["cache-control"]


def test_route_gives_nothing_without_the_right_token_and_digest(store: ImageStore) -> None:
    token = token_of(store.address("ann", "d1", picture))
    client = TestClient(Starlette(routes=[image_route("")]))
    for path in (f"/lamella/images/{token}/d2.png", "/lamella/images/guess/d1.png"):
        assert client.get(path).status_code == 404


def test_route_gives_an_image_of_one_browser_to_no_other(store: ImageStore) -> None:
    anns, bobs = identity.BROWSER + "ann", identity.BROWSER + "bob"
    address = store.address(anns, "d1", picture)
    client = TestClient(Starlette(routes=[image_route("")]))
    assert client.get(address).status_code == 200
    for owner, status in ((anns, 200), (bobs, 404)):
        value = identity.signed(owner.removeprefix(identity.BROWSER))
        cookie = {"cookie": f"{identity.cookie_name()}={value}"}
        assert client.get(address, headers=cookie).status_code == status
    assert store.get(token_of(address), "d1", bobs) is None


def decoded(image: EncodedImage) -> Image.Image:
    return Image.open(io.BytesIO(image.data))


def test_grey_values_survive() -> None:
    pixels = np.arange(256, dtype=np.float32).reshape(16, 16) / 255
    assert np.array_equal(decoded(encoding.encode_grey(pixels)), np.arange(256).reshape(16, 16))


def test_labels_have_the_colours_of_their_phases_and_let_the_image_through() -> None:
    phases = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
    image = decoded(encoding.encode_labels(np.array([[0, 1]], np.uint8), phases)).convert("RGBA")
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(0, 114, 178, 0), (230, 159, 0, 255)]


def test_hatched_labels_keep_their_colour_in_stripes_and_are_pale_between_them() -> None:
    phases = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
    labels = np.array([[0] + [1] * 11], np.uint8)
    hatched = np.arange(12)[None] > 5
    image = decoded(encoding.encode_labels(labels, phases, hatched=hatched)).convert("RGBA")
    colours = np.asarray(image)[0]
    assert (colours[1:, :3] == (230, 159, 0)).all()
    assert colours[:, 3].tolist() == [0] + [255] * 5 + [128] * 3 + [32] * 3


def test_stripes_are_wide_enough_to_be_seen_where_a_large_image_is_seen_whole() -> None:
    phases = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
    labels = np.ones((2, 2000), np.uint8)
    image = decoded(encoding.encode_labels(labels, phases, hatched=labels > 0)).convert("RGBA")
    alpha = np.asarray(image)[0, :, 3]
    assert alpha[:20].tolist() == [128] * 10 + [32] * 10


def test_object_numbers_survive_as_colours() -> None:
    ids = np.array([[0, 1, 255, 256, 70000, 2**24 - 1]], np.uint32)
    red, green, blue = (
        np.asarray(band, np.int64) for band in decoded(encoding.encode_objects(ids)).split()
    )
    assert np.array_equal(red + 256 * green + 65536 * blue, ids)


@pytest.mark.parametrize(
    ("shape", "step"), [((16, 16), 1), ((4096, 4096), 1), ((8000, 8000), 2), ((10000, 10000), 2)]
)
def test_very_large_images_are_thinned(shape: tuple[int, int], step: int) -> None:
    assert encoding.display_step(shape) == step

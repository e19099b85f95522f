"""Files that belong together find each other, in whatever order they come."""

from pathlib import Path

from core.formats import without_sidecars
from pages.components.frame.images.uploads import arrivals, batches, source_of, title_of
from pages.components.frame.memory import Upload

IMAGE, OTHER = b"image", b"another image"


def after(*batches: dict[str, bytes]) -> dict[str, Upload]:
    """Return the uploads by id after several batches of files."""
    kept: dict[str, Upload] = {}
    for files in batches:
        for one in arrivals(files, kept):
            for source in one.replaced:
                kept.pop(source)
            kept[one.source] = one.upload
    return kept


def test_two_files_of_one_name_in_one_drop_are_two_uploads():
    drop = [("a.tif", IMAGE), ("a.txt", b"first"), ("a.tif", OTHER), ("a.txt", b"second")]
    assert batches(drop) == [
        {"a.tif": IMAGE, "a.txt": b"first"},
        {"a.tif": OTHER, "a.txt": b"second"},
    ]
    kept = after(*batches(drop))
    assert described(kept) == [("a.tif", {"a.txt": b"first"}), ("a.tif", {"a.txt": b"second"})]
    assert batches([("a.tif", IMAGE), ("a.tif", IMAGE), ("b.tif", IMAGE)]) == [
        {"a.tif": IMAGE, "b.tif": IMAGE}
    ]
    first, second = kept.values()
    assert title_of(first, ()) == "a.tif"
    assert title_of(second, ["a.tif"]) == "a.tif (2)"
    assert title_of(second, ["a.tif", "a.tif (2)"]) == "a.tif (3)"


def test_a_name_in_either_form_of_unicode_finds_its_sidecar():
    composed, decomposed = "K\u00f6rner", "Ko\u0308rner"
    for image, text in ((composed, decomposed), (decomposed, composed)):
        files = {f"{image}.tif": IMAGE, f"{text}.TXT": b"scale"}
        assert described(after(files)) == [(f"{image}.tif", {f"{text}.TXT": b"scale"})]
        assert described(after(*({name: data} for name, data in files.items()))) == described(
            after(files)
        )
        names = [Path(name) for name in files]
        assert without_sidecars(names) == names[:1]


def described(kept: dict[str, Upload]) -> list[tuple[str, dict[str, bytes]]]:
    return [(upload.name, dict(upload.sidecars)) for upload in kept.values()]


def test_image_and_sidecar_are_one_upload_in_any_order():
    together = after({"a.tif": IMAGE, "a.txt": b"scale"})
    assert described(together) == [("a.tif", {"a.txt": b"scale"})]
    assert after({"a.tif": IMAGE}, {"a.txt": b"scale"}) == together
    assert after({"a.txt": b"scale"}, {"a.tif": IMAGE}) == together


def test_the_same_file_twice_is_one_upload():
    assert len(after({"a.tif": IMAGE}, {"a.tif": IMAGE})) == 1


def test_a_sidecar_stays_with_the_image_that_it_came_with():
    # The same names from another folder: the first scale must not calibrate the second image.
    kept = after({"a.tif": IMAGE, "a.txt": b"scale"}, {"a.tif": OTHER})
    assert described(kept) == [("a.tif", {"a.txt": b"scale"}), ("a.tif", {})]


def test_other_uploads_are_left_alone():
    kept = after({"a.tif": IMAGE, "b.tif": OTHER}, {"b.txt": b"scale"})
    assert described(kept) == [("a.tif", {}), ("b.tif", {"b.txt": b"scale"})]


def test_the_id_changes_with_the_sidecar_so_that_no_old_reading_is_kept():
    alone, calibrated = Upload("a.tif", IMAGE, {}), Upload("a.tif", IMAGE, {"a.txt": b"scale"})
    assert source_of(alone) != source_of(calibrated)


def test_a_sidecar_named_beside_its_image_is_no_image_of_its_own():
    names = ["one/a.tif", "one/a.txt", "two/a.txt", "one/B.TXT", "one/b.bmp", "one/c.hdr"]
    kept = without_sidecars(map(Path, names))
    # two/a.txt and c.hdr belong to no image that was named.
    assert kept == [Path(name) for name in ("one/a.tif", "two/a.txt", "one/b.bmp", "one/c.hdr")]

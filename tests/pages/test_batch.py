"""The page Batch: many images dropped, measured in the queue, pooled, grouped and taken away."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.export.field_notes import NO_PIXEL_SIZE
from core.fields.many.outliers import Outlier
from core.fields.many.pooled import pool
from core.jobs.worker import work_off
from core.segmentation.settings import ObjectSettings
from core.synthesis.series import particle_series
from core.workspace import batches
from pages.components.batch import images, result
from pages.components.frame import keeping
from pages.components.frame.work import worker
from pages.components.measure import shown
from tests.core.fields.many.test_pooled import fractions
from tests.core.jobs.test_batch import disks
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import by_key, fetched, finish, opened, texts
from tests.pages.segment.test_forest import DISK, GROUND, draw
from tests.pages.test_lab_models import keep
from tests.pages.test_pages import two_disks, upload

FILES = {f"{radius}.png": disks(radius) for radius in (10, 12, 16, 18)}


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)


def packed() -> bytes:
    files = {**FILES, "notes.txt": b"no image"}
    return zipped({f"series/{name}": data for name, data in files.items()})


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


def begun(data: bytes | None = None) -> AppTest:
    app = opened("batch", model="otsu")
    app.file_uploader[0].upload("series.zip", data or packed(), "application/zip").run()
    if data is not None:
        return by_key(app.button, "batch-begin").click().run()
    assert "5 chosen" in texts(app) or "4 chosen" in texts(app)
    return by_key(app.button, "batch-begin").click().run()


def batches_of(app: AppTest) -> list[str]:
    found = app.query_params["batch"]
    return [found] if isinstance(found, str) else list(found)


def worked_off(app: AppTest) -> AppTest:
    place = keeping.workspace()
    assert place is not None
    work_off(place, worker.handlers(), "test")
    return app.run()


def test_a_zip_is_measured_field_by_field_and_pooled() -> None:
    app = begun()
    assert not app.exception
    assert "It goes on when you close this tab" in texts(app)
    app = worked_off(app)
    assert app.metric[0].label == "Median diameter (D50)"
    assert app.metric[0].value.endswith(" px")
    table = app.dataframe[0].value
    assert list(table["Field"]) == list(FILES)
    assert "image=" in table["Open"][0] and "model=otsu" in table["Open"][0]

    assert list(table)[1:] == ["Field", "Median diameter", "Own 95 % interval"]
    own = "A field's own interval holds what counting its particles leaves open, not how fields "
    assert f"{own}differ." in texts(app)
    noted = next(one.value for one in app.table if "Note" in one.value)
    assert dict(zip(noted["Note"], noted["Fields"], strict=True))[NO_PIXEL_SIZE] == "all 4"

    answer = fetched(app, "batch-zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == ["fields.csv", "objects.csv", "summary.json", "report.html", "report.pdf"]

    groups = b"file,alloy\n10,A\n12,A\n16,B\n18,B\n"
    app.file_uploader[0].upload("groups.csv", groups, "text/csv").run()
    assert "A, B have fewer than 3 fields, too few for a test" in texts(app)
    assert app.selectbox[0].value == "alloy"


def test_a_file_that_cannot_be_read_is_not_counted_among_the_images_of_the_library() -> None:
    worked_off(begun())
    app = opened("batch", model="otsu")
    (add,) = (one for one in app.button if one.label.startswith("Add "))
    assert add.label == "Add 4 images"
    assert images.FAILED.format("1 file") in texts(app)
    notes = next(one for one in app.multiselect[0].options if "notes" in one)
    app = app.multiselect[0].select(notes).run()
    (add,) = (one for one in app.button if one.label.startswith("Add "))
    assert add.label == "Add 1 image"


def test_the_link_leads_back_and_only_its_owner_there(monkeypatch: pytest.MonkeyPatch) -> None:
    app = begun()
    (batch,) = batches_of(app)
    again = opened("batch", batch=batch)
    assert "It goes on when you close this tab" in texts(again)
    become(BOB, monkeypatch)
    other = opened("batch", batch=batch)
    assert "That batch is not in your library" in texts(other)
    assert "batch" not in other.query_params


def test_a_batch_is_cancelled_and_goes_on() -> None:
    app = by_key(begun().button, "batch-cancel").click().run()
    assert "0 of " in texts(app)
    go_on = next(one for one in app.button if one.label.startswith("Go on with"))
    app = worked_off(go_on.click().run())
    assert app.metric[0].value.endswith(" px")


def test_no_image_no_batch() -> None:
    app = opened("batch", model="otsu")
    assert by_key(app.button, "batch-begin").disabled
    app.file_uploader[0].upload("a.zip", b"PK no zip", "application/zip").run()
    assert "cannot be unpacked" in texts(app)
    assert by_key(app.button, "batch-begin").disabled


def test_a_model_of_marks_cannot_run_by_itself() -> None:
    app = opened("batch", model="random-forest")
    assert "learns from strokes on one image" in texts(app)


def test_generated_series_has_two_specimens_of_four_calibrated_fields() -> None:
    series = particle_series()
    assert len(series.files) == 8
    assert series.groups.decode().splitlines()[1] == "synthetic-300C-1.tif,300 °C"


def test_files_that_cannot_be_measured_are_listed_and_the_rest_is_measured() -> None:
    members = {"good.png": disks(12), "empty.tif": b"", "table.csv": b"a,b\n1,2\n"}
    app = worked_off(begun(zipped({**members, "cut.png": disks(10)[:200]})))
    assert not app.exception
    assert app.metric[0].value.endswith(" px")
    failed = app.table[-1].value
    assert sorted(failed["File"]) == ["cut.png", "empty.tif", "table.csv"]
    assert all(reason.rstrip().endswith(".") for reason in failed["Reason"])


def test_images_of_one_name_in_two_folders_have_groups_of_their_own() -> None:
    members = {
        f"{heat}/{name}": disks(radius + 3 * (heat == "hard"))
        for heat in ("soft", "hard")
        for name, radius in (("1.png", 10), ("2.png", 11), ("3.png", 12))
    }
    app = worked_off(begun(zipped(members)))
    assert list(app.dataframe[0].value["Field"]) == list(members)
    table = "file,heat\n" + "\n".join(f"{name},{name[:4]}" for name in members)
    app.file_uploader[0].upload("groups.csv", table.encode(), "text/csv").run()
    assert "Mann-Whitney U, p = 0.100" in texts(app)
    with zipfile.ZipFile(io.BytesIO(fetched(app, "batch-zip").content)) as files:
        rows = files.read("fields.csv").decode().splitlines()
    assert sum(",hard," in row for row in rows) == 3

    # Without folders nobody knows which of two is meant.
    app.file_uploader[0].upload("g.csv", b"file,heat\n1,soft\n2,hard\n3,hard\n", "text/csv").run()
    assert "soft/1.png, soft/2.png" in texts(app) and "write the folders" in texts(app)
    assert fetched(app, "batch-zip").status_code == 200


def test_a_table_that_cannot_be_used_leaves_the_one_before() -> None:
    app = worked_off(begun())
    good = b"file,alloy\n10,A\n12,A\n16,B\n18,B\n"
    app.file_uploader[0].upload("good.csv", good, "text/csv").run()
    app.file_uploader[0].upload("bad.csv", b"no table", "text/csv").run()
    assert "bad.csv needs a line of column names" in texts(app)
    assert "Grouped by good.csv." in texts(app)
    next(one for one in app.button if one.label == "Remove the groups").click().run()
    assert "Grouped by" not in texts(app) and not app.exception


def test_a_zip_that_would_fill_the_memory_is_refused() -> None:
    app = opened("batch", model="otsu")
    bomb = zipped({"bomb.tif": bytes(200_000_000), "good.png": disks(10)})
    app.file_uploader[0].upload("bomb.zip", bomb, "application/zip").run()
    assert not app.exception
    assert "bomb.tif in bomb.zip unpacks to more than" in texts(app)


def test_a_forest_that_was_kept_measures_a_batch() -> None:
    learned = upload(opened("segment", model="random-forest"), "disks.png", two_disks())
    keep(finish(draw(learned, GROUND, DISK)))
    app = opened("batch", model="dark-disks")
    app.file_uploader[0].upload("series.zip", zipped(FILES), "application/zip").run()
    app = worked_off(by_key(app.button, "batch-begin").click().run())
    assert not app.exception
    assert list(app.dataframe[0].value["Field"]) == list(FILES)
    assert app.metric[0].value.endswith(" px")
    report = zipfile.ZipFile(io.BytesIO(fetched(app, "batch-zip").content)).read("report.html")
    assert "Dark disks (dark-disks)" in report.decode()
    # In the list of batches it has its title, not the name of a file.
    assert "Dark disks, " in texts(opened("batch"))


def test_many_files_are_counted_while_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Bar:
        def progress(self, share: float, text: str) -> None:
            told.append(text)

        def empty(self) -> None:
            told.append("gone")

    monkeypatch.setattr(images.st, "progress", lambda *_: Bar())
    monkeypatch.setattr(images, "AT_ONCE", 2)
    app = opened("batch", model="otsu")
    app.file_uploader[0].upload("series.zip", zipped(FILES), "application/zip").run()
    assert told[0] == "Keeping file 1 of 4." and told[-2:] == ["Keeping file 4 of 4.", "gone"]


def test_a_batch_begins_with_the_usual_settings_of_objects() -> None:
    """No image is open in a session that begins here; once all were measured with no split."""
    app = begun()
    place = keeping.workspace()
    assert place is not None
    (batch,) = batches_of(app)
    kept = batches.find(place, ANN, batch)
    assert kept is not None and kept.settings.objects == ObjectSettings()


def test_the_chart_speaks_of_the_diamonds_that_it_draws() -> None:
    first, second, third = fractions([10, 20, 30])
    nothing = replace(third.headline, value=None, interval=None, reason="nothing found")
    empty = replace(third, headline=nothing, quantities=(nothing,))
    found = pool([first, second, empty])
    band = "Dashed: all fields together, the 95 % interval in grey."
    missing = "1 of 3 fields have no value here and are not drawn."
    for index, said in (
        (1, f"{band} Orange diamonds: fields that stand out. {missing}"),
        (2, f"{band} {missing}"),
    ):
        out = Outlier(index, "x", 5.0, "Fraction is 0 %")
        assert result.what_is_drawn(replace(found, outliers=(out,))) == said


def test_without_an_interval_over_fields_the_chart_speaks_of_no_band() -> None:
    one = pool(fractions([10]))
    assert result.what_is_drawn(one) == "Dashed: the one field that has a value."
    own = replace(one.headline, interval=(8.0, 12.0))
    known = replace(one, fields=(replace(one.fields[0], headline=own),))
    bars = "Dashed: the one field that has a value. Upright lines: each field's own 95 % interval."
    assert result.what_is_drawn(known) == bars
    assert result.what_is_drawn(pool(fractions([0, 0]))) == "Dashed: all fields together."


def test_a_headline_over_fields_says_that_its_interval_is_over_fields() -> None:
    found = pool(fractions([0, 0])).headline
    assert shown.interval(found, " over fields") == (
        "No 95 % interval over fields. All fields have the same value, so their scatter gives no "
        "interval."
    )

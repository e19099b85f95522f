"""``lamella library`` on a workspace of two owners."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import cli
from core.workspace import micrographs
from core.workspace.workspace import Workspace


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Keep two images of anna and one of bert; return their ids by name."""
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "workspace"))
    workspace = Workspace(tmp_path / "workspace")
    found = {}
    for owner, name in (("anna", "a.tif"), ("anna", "b.tif"), ("bert", "c.tif")):
        source = micrographs.source_of(name, name.encode(), {})
        found[name] = micrographs.add(workspace, owner, source, name, name.encode()).id
    workspace.close()
    return found


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> object:
    """Return what the command prints as JSON."""
    assert cli.main(["library", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def names(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    return sorted(one["name"] for one in answer(capsys, *words))


def test_images_are_listed_and_shown(ids, capsys) -> None:
    assert names(capsys, "list") == ["a.tif", "b.tif", "c.tif"]
    assert names(capsys, "list", "--owner", "bert") == ["c.tif"]
    (shown,) = answer(capsys, "show", ids["a.tif"])
    assert (shown["owner"], shown["bytes"], shown["results"]) == ("anna", 5, [])
    assert cli.main(["library", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("0 results" in line for line in lines)
    assert cli.main(["library", "show", ids["a.tif"]]) == 0
    assert "a.tif" in capsys.readouterr().out
    assert cli.main(["library", "show", "x", "--owner", "anna"]) == 2
    assert "no image x" in capsys.readouterr().err
    assert cli.main(["library", "show", ids["c.tif"], "--owner", "anna"]) == 2


def test_export_is_imported_elsewhere(ids, capsys, tmp_path, monkeypatch) -> None:
    file = tmp_path / "anna.zip"
    assert cli.main(["library", "export", str(file)]) == 2
    assert "name one with --owner" in capsys.readouterr().err
    told = answer(capsys, "export", str(file), "--owner", "anna")
    assert sorted(told["images"]) == sorted([ids["a.tif"], ids["b.tif"]])
    answer(capsys, "export", str(tmp_path / "one.zip"), ids["b.tif"])
    assert cli.main(["library", "export", str(tmp_path / "none" / "a.zip"), ids["b.tif"]]) == 2
    blob = hashlib.sha256(b"b.tif").hexdigest()
    (tmp_path / "workspace" / "blobs" / blob[:2] / blob).unlink()
    some = answer(capsys, "export", str(tmp_path / "some.zip"), "--owner", "anna", code=1)
    assert some["images"] == [ids["a.tif"]] and "file of b.tif" in some["problems"][0]
    assert cli.main(["library", "export", str(tmp_path / "lost.zip"), ids["b.tif"]]) == 1
    assert "The file of b.tif is missing or damaged" in capsys.readouterr().err
    assert not (tmp_path / "lost.zip").exists()
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "other"))
    assert names(capsys, "import", str(tmp_path / "one.zip"), "--owner", "carl") == ["b.tif"]
    assert cli.main(["library", "import", str(file)]) == 2
    assert "name the owner with --owner" in capsys.readouterr().err
    monkeypatch.setenv("LAMELLA_OWNER", "everyone")
    assert names(capsys, "import", str(file)) == ["a.tif", "b.tif"]
    monkeypatch.delenv("LAMELLA_OWNER")
    assert names(capsys, "list", "--owner", "everyone") == ["a.tif", "b.tif"]
    capsys.readouterr()
    (tmp_path / "no.zip").write_text("no zip")
    assert cli.main(["library", "import", str(tmp_path / "no.zip"), "--owner", "carl"]) == 1
    assert "no library that Lamella exported" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.part"))


def test_delete_verify_and_backup(ids, capsys, tmp_path, monkeypatch) -> None:
    told = answer(capsys, "delete", ids["a.tif"], ids["c.tif"])
    assert told == {"deleted": [ids["a.tif"], ids["c.tif"]], "freed_bytes": 10}
    assert names(capsys, "list") == ["b.tif"]
    assert answer(capsys, "backup", str(tmp_path / "backup"))["copied"] == 1
    (blob,) = (tmp_path / "workspace" / "blobs").glob("*/*")
    blob.write_bytes(b"other")
    (problem,) = answer(capsys, "verify", code=1)["problems"]
    assert "The file of b.tif (anna) is damaged" in problem
    assert cli.main(["library", "verify", "--repair"]) == 1
    assert "damaged; upload it again" in capsys.readouterr().err
    assert answer(capsys, "backup", str(tmp_path / "second"), code=1)["problems"]
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "backup"))
    assert answer(capsys, "verify")["problems"] == []
    assert cli.main(["library", "verify"]) == 0
    assert "1 files (0.0 MB) are as their rows say" in capsys.readouterr().out
    (tmp_path / "backup" / "workspace.db").unlink()
    for words in (["verify"], ["import", str(tmp_path / "no.zip"), "--owner", "a"]):
        assert cli.main(["library", *words]) == 1
        assert "blobs/ holds 1 file, but" in capsys.readouterr().err
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "nothing"))
    assert cli.main(["library", "verify"]) == 2
    assert "is no workspace" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()

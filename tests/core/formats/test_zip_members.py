"""What comes out of a zip, and what does not."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from core.errors import FormatError
from core.formats.reading.zip_members import zip_members
from core.settings import Limits


def packed(members: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return buffer


def test_files_come_with_their_folders_and_without_what_is_hidden() -> None:
    given = packed(
        {
            "a/1.tif": b"one",
            "../2.tif": b"two",
            "__MACOSX/a/._1.tif": b"no",
            ".hidden.tif": b"no",
            "inner.zip": b"no",
            "folder/": b"",
        }
    )
    assert list(zip_members(given, "x.zip")) == [("a/1.tif", b"one"), ("2.tif", b"two")]


def test_a_link_is_left_out() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        link = zipfile.ZipInfo("passwd.tif")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("1.tif", b"one")
    assert list(zip_members(buffer, "x.zip")) == [("1.tif", b"one")]


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    small = replace(Limits(), file_bytes=1000, expansion_floor_bytes=100, expansion=5)
    with pytest.raises(FormatError, match=r"big\.tif in x\.zip has 0 MB; a file may have 0 MB"):
        list(zip_members(packed({"big.tif": bytes(1001)}), "x.zip", small))
    with pytest.raises(FormatError, match="unpacks to more than 5 times its size"):
        list(zip_members(packed({"bomb.tif": bytes(1000)}), "x.zip", small))


@pytest.mark.parametrize("data", [b"", b"PK\3\4 no zip", b"\x89PNG"])
def test_no_zip_is_said_in_a_sentence(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"^x\.zip cannot be unpacked: it is no zip"):
        list(zip_members(io.BytesIO(data), "x.zip"))


def test_an_empty_zip_is_said() -> None:
    with pytest.raises(FormatError, match="holds no file"):
        list(zip_members(packed({}), "x.zip"))


def test_a_damaged_member_is_said() -> None:
    data = bytearray(packed({"1.tif": bytes(range(256)) * 20}).getvalue())
    data[60:80] = bytes(20)
    with pytest.raises(FormatError, match="is damaged"):
        list(zip_members(io.BytesIO(bytes(data)), "x.zip"))

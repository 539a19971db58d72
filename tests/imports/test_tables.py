"""Reading files: every encoding and shape that real programs write, and what is refused before it is read."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from kernel.core.errors import DomainError
from kernel.files.guard import HarmfulWorkbook
from tenant_apps.imports.services.reading.tables import BrokenRow, cell_text, read_batches


def rows_of(path: Path) -> list[tuple[int, list[str] | BrokenRow]]:
    return [row for batch in read_batches(path) for row in batch]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "订单号,数量\nA1,2\n".encode(),
        "订单号,数量\nA1,2\n".encode("utf-8-sig"),
        "订单号,数量\r\nA1,2\r\n".encode("gbk"),
        "订单号;数量\nA1;2".encode("gb18030"),
        "订单号\t数量\nA1\t2\n".encode("utf-16"),
        gzip.compress("订单号,数量\nA1,2\n".encode()),
        "订单号,数量\nA1,2\n".encode("utf-16-le"),
        "订单号|数量\nA1|2\n".encode(),
        "订单号,数量\rA1,2\r".encode(),
    ],
    ids=[
        "utf-8",
        "byte order mark",
        "gbk",
        "gb18030 without a last line end",
        "utf-16 tabs",
        "gzip",
        "utf-16 without a mark",
        "bars",
        "returns as line ends",
    ],
)
def test_the_same_table_in_every_encoding(tmp_path: Path, content: bytes) -> None:
    assert rows_of(written(tmp_path, content)) == [(1, ["订单号", "数量"]), (2, ["A1", "2"])]


def test_a_row_with_broken_quotes_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    text = 'a,b\n1,"open\n2,fine\n3,"two ""words"" here"\n4,bad"quote"\n5,"over\ntwo lines"\n6,end\n'
    found = dict(rows_of(written(tmp_path, text.encode())))
    assert found[2] == BrokenRow("broken_quotes", '1,"open')
    assert found[3] == ["2", "fine"]
    assert found[4] == ["3", 'two "words" here']
    assert found[6] == ["5", "over\ntwo lines"]
    assert found[8] == ["6", "end"]


def test_nul_and_undecodable_bytes_are_reported_by_row(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,\x00\n" + "2,好\n".encode() * 200_000 + b"3,\xff\xfe\n"
    found = dict(rows_of(written(tmp_path, content)))
    assert found[2] == BrokenRow("nul_character", "1,␀")
    assert isinstance(found[200_003], BrokenRow)
    assert found[200_003].reason == "undecodable"


def test_excel_keeps_ids_as_numbers_and_they_come_back_as_text(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["order", "sku", "quantity"])
        sheet.write_row(1, 0, [536365, "85123A", 6])
    assert rows_of(path) == [(1, ["order", "sku", "quantity"]), (2, ["536365", "85123A", "6"])]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (17850.0, "17850"),
        (2.55, "2.55"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (999_999_999_999_999.0, "999999999999999"),
        (1_000_000_000_000_000.0, "1000000000000000.0"),
        (252346789012345671.0, "2.5234678901234566e+17"),
        (True, "1"),
        ("a\x00b", "ab"),
        (None, ""),
    ],
)
def test_a_cell_of_a_workbook_as_text(cell: object, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("sep=;\n订单号;数量\nA1;2\n", [["订单号", "数量"], ["A1", "2"]]),
        ("订单报表\n订单号\t地址\nA1\t一路,二号,三室\n", [["订单报表"], ["订单号", "地址"], ["A1", "一路,二号,三室"]]),
        ('订单号,备注\n="0012",5" 屏\n', [["订单号", "备注"], ['="0012"', '5" 屏']]),
    ],
)
def test_the_delimiter_is_found(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    found = [row for _line, row in rows_of(written(tmp_path, text.encode()))]
    assert [row for row in found if row] == rows


def workbook(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


TYPES = {"[Content_Types].xml": b"<Types/>"}
SHEET = "xl/worksheets/sheet1.xml"
FAR = b'<c r="A1"/><row r="90000"><c r="ZZ90000"/></row>'


@pytest.mark.parametrize(
    "parts",
    [
        {"readme.txt": b"no workbook"},
        {**TYPES, "xl/vbaProject.bin": b"macro"},
        {"[Content_Types].xml": b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"},
        {**TYPES, "xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'},
        {**TYPES, "xl/worksheets/sheet1.xml": b'<c r="A1"/><c r="XFD1048576"/>'},
        {**TYPES, "xl/worksheets/sheet1.xml": b'<c r="A1"/><c r="ZZ1048576"/>'},
        {**TYPES, "xl/sharedStrings.xml": b"0" * 60_000_000},
        # Readers take all of these for a sheet of 63 million cells.
        {**TYPES, "xl/worksheets/sheet1.dat": FAR},
        {**TYPES, "xl/elsewhere/sheet1.xml": FAR},
        {**TYPES, SHEET: FAR.replace(b'"', b"'")},
        {**TYPES, SHEET: FAR.lower()},
        {**TYPES, SHEET: FAR.replace(b"<c ", b"<c\n")},
        {**TYPES, SHEET: FAR.replace(b"<c ", b"<x:c ")},
        {**TYPES, SHEET: FAR.replace(b"<c r", b'<c s=">" r')},
        {**TYPES, SHEET: FAR.replace(b"<c r", b'<c s="<c r=1>" r')},
        {**TYPES, SHEET: FAR.replace(b"<c r", b'<c r="B2" r')},
        {**TYPES, SHEET: b"<row>" + b"<c/>" * 700 + b'</row><row r="90000"><c/></row>'},
        {**TYPES, SHEET: b"<row>" + b"<c/>" * 703 + b"</row>"},
        {**TYPES, SHEET: b" " * (4_194_304 - 10) + b'<c s="a" r="ZZ90000"/>'},
    ],
    ids=[
        "other zip",
        "macro",
        "macro type",
        "entities",
        "widest sheet",
        "largest sheet",
        "zip bomb",
        "another ending",
        "another folder",
        "single quotes",
        "small letters",
        "line break",
        "prefix",
        "bracket in an attribute",
        "tag in an attribute",
        "place named twice",
        "cells without places",
        "too many cells",
        "cut between two reads",
    ],
)
def test_harmful_workbooks_are_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    with pytest.raises(HarmfulWorkbook):
        rows_of(written(tmp_path, workbook(parts)))


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0old excel", b"%PDF-1.7", b"PK\x03\x04cut", b"\x1f\x8bcut"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DomainError) as refusal:
        rows_of(written(tmp_path, content))
    assert refusal.value.errors[0].field == "file"

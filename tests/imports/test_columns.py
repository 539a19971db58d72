"""Headings to columns: aliases, the user's word, what is missing, and what needs an answer."""

from pathlib import Path

import pytest

from tenant_apps.imports.services.reading.columns import Column, ColumnMapping, UnmappedColumns, match_columns
from tenant_apps.imports.services.reading.source import Source

COLUMNS = (
    Column("sku", required=True),
    Column("quantity", required=True),
    Column("name"),
    Column("shelf", "Shelf", aliases=("货位",)),
)


@pytest.mark.parametrize(
    ("headings", "positions"),
    [
        (["SKU", "数量"], {"sku": 0, "quantity": 1}),
        (["商家编码 ", "购买数量："], {"sku": 0, "quantity": 1}),
        (["\ufeffsku", "Ｑｔｙ"], {"sku": 0, "quantity": 1}),
        (["数量", "货位", "stock place", "货号"], {"sku": 3, "quantity": 0, "shelf": 1}),
        (["商品数量（件）", "货号"], {"sku": 1, "quantity": 0}),
    ],
)
def test_usual_headings(headings: list[str], positions: dict[str, int]) -> None:
    assert match_columns(headings, COLUMNS).positions == positions


def test_the_users_word_comes_first() -> None:
    match = match_columns(["code", "sku", "qty"], COLUMNS, wanted=ColumnMapping({"sku": "code"}, ("sku",)))
    assert match.positions == {"sku": 0, "quantity": 2}
    assert match.is_complete


@pytest.mark.parametrize(
    ("headings", "wanted", "codes"),
    [
        (["sku"], ColumnMapping(), {"mapping.quantity": "required_column"}),
        (["sku", "qty"], ColumnMapping({"name": "none"}), {"mapping.name": "unknown_column"}),
        (["sku", "qty"], ColumnMapping({"colour": "qty"}), {"mapping.colour": "unknown_column"}),
        (["sku", "qty", "运费"], ColumnMapping(), {"left_out.运费": "unused_column"}),
        (["sku", "qty", "数量"], ColumnMapping(), {"left_out.数量": "unused_column"}),
        (["sku", "qty", "qty"], ColumnMapping(), {"left_out.qty (2)": "unused_column"}),
        (["sku", "qty", "运费"], ColumnMapping({}, ("运费",)), {}),
        (["sku", "qty", "运费"], ColumnMapping({"shelf": "运费"}), {}),
        (["sku", "qty", "colour"], ColumnMapping(), {}),
    ],
)
def test_what_needs_an_answer(headings: list[str], wanted: ColumnMapping, codes: dict[str, str]) -> None:
    match = match_columns(headings, COLUMNS, wanted=wanted)
    if not codes:
        match.ensure_complete()
        return
    with pytest.raises(UnmappedColumns) as refusal:
        match.ensure_complete()
    assert {error.field: error.code for error in refusal.value.errors} == codes


def source_of(folder: Path, text: str) -> Source:
    path = folder / "upload"
    path.write_text(text, encoding="utf-8")
    return Source(path, COLUMNS)


@pytest.mark.parametrize(
    ("text", "rows", "skipped"),
    [
        ("sku,qty\nA,1\nB,2\n", [(2, "A"), (3, "B")], 0),
        ("库存表 2026年1月\n导出人：王\nsku,qty\nA,1\n", [(4, "A")], 2),
        ("sku,qty\nA,1\n合计,1\n", [(2, "A")], 1),
        ("sku,qty\nA,1\n合计：,1\n说明：导出时间 2026-01-01,\n", [(2, "A")], 2),
        ("sku,qty\nA,1\n,\n\nB,2\n", [(2, "A"), (5, "B")], 2),
        ("sku,qty\nA,1\nsku,qty\nB,2\n", [(2, "A"), (4, "B")], 1),
        ("sku,qty\nTOTAL-1,1\n", [(2, "TOTAL-1")], 0),
        ("name,sku,qty\nTotal,A,1\n总计,,9\n", [(2, "Total")], 1),
    ],
)
def test_rows_around_the_data_are_no_data(tmp_path: Path, text: str, rows: list[tuple[int, str]], skipped: int) -> None:
    source = source_of(tmp_path, text)
    found = [(line, cells[0]) for batch in source.batches() for line, cells in batch if isinstance(cells, list)]
    assert (found, source.total_rows, source.skipped_rows) == (rows, len(rows), skipped)

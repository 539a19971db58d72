"""What cells of a workbook may hold."""

import zipfile
from pathlib import Path

import xlsxwriter

from kernel.files.workbooks import read_sheet


def test_a_nul_in_a_cell_is_dropped(tmp_path: Path) -> None:
    """XLSX writes it as `_x0000_`; no column of text can hold it."""
    plain = tmp_path / "plain.xlsx"
    path = tmp_path / "nul.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write_row(0, 0, ["aNULb", "NUL"])
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"NUL", b"_x0000_"))
    assert read_sheet(path, most_rows=1) == [(1, ["ab", ""])]

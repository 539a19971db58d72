"""From the cells of a workbook to rows, or to what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.core.codes import is_valid_code, normalise_code
from kernel.core.errors import Invalid, Text
from kernel.files.workbooks import read_sheet
from tenant_apps.agents.rules import people

MAX_ROWS: Final = 10_000

# Each column with the headings it is known by; the first is the template's.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("姓名", "name", "名称"),
    "phone": ("手机号", "phone", "手机", "电话"),
    "level": ("等级", "level", "级别"),
    "sponsor": ("上级", "sponsor", "上级手机号", "推荐人"),
    "code": ("编号", "code", "代理编号"),
    "wechat_id": ("微信号", "wechat", "wechat_id"),
    "region_code": ("地区代码", "region", "region_code"),
    "channel": ("渠道", "channel"),
    "joined_on": ("加入日期", "joined", "joined_on"),
    "valid_until": ("有效期至", "valid_until", "valid until"),
}
REQUIRED: Final = ("name", "phone", "level")


class UnknownColumns(Invalid):
    code = "unknown_columns"
    title = _("The heading is not understood")


@dataclass(frozen=True, slots=True)
class Issue:
    """Fault of a row. `row` is the number the user's program shows."""

    row: int
    column: str
    code: str
    detail: str

    def as_json(self) -> dict[str, object]:
        """As it is kept with the import."""
        return {"row": self.row, "column": self.column, "code": self.code, "detail": self.detail}


@dataclass(slots=True)
class Row:
    """An agent as the file tells it. `sponsor` is a phone number (E.164) or a code, "" for a root."""

    number: int
    name: str = ""
    phone: str = ""
    level: str = ""
    sponsor: str = ""
    code: str = ""
    wechat_id: str = ""
    region_code: str = ""
    region: str = ""
    channel: str = ""
    joined_on: date | None = None
    valid_until: date | None = None


@dataclass(slots=True)
class Sheet:
    """The rows that can be read, how many there were, and what is wrong with the others."""

    rows: list[Row] = field(default_factory=list)
    total: int = 0
    issues: list[Issue] = field(default_factory=list)

    def refuse(self, row: Row, column: str, code: str, detail: Text) -> None:
        """Note what is wrong."""
        self.issues.append(Issue(row.number, column, code, str(detail)))


def read_team(path: Path) -> Sheet:
    """Raises UnknownColumns, UnreadableWorkbook, HarmfulWorkbook, WorkbookTooLarge."""
    lines = read_sheet(path, most_rows=MAX_ROWS)
    places = _places(lines[0][1])
    sheet = Sheet(total=len(lines) - 1)
    for number, cells in lines[1:]:
        told = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        row = Row(number)
        before = len(sheet.issues)
        _read_required(row, told, sheet)
        _read_rest(row, told, sheet)
        if len(sheet.issues) == before:
            sheet.rows.append(row)
    return sheet


def _places(heading: Sequence[str]) -> dict[str, int]:
    known = {word.casefold(): name for name, words in COLUMNS.items() for word in words}
    places: dict[str, int] = {}
    for place, cell in enumerate(heading):
        name = known.get(cell.strip().casefold())
        if name and name not in places:
            places[name] = place
    missing = [COLUMNS[name][0] for name in REQUIRED if name not in places]
    if missing:
        detail = _("The heading lacks: %(columns)s") % {"columns": ", ".join(missing)}
        raise UnknownColumns(detail, field="file")
    return places


def _read_required(row: Row, told: Mapping[str, str], sheet: Sheet) -> None:
    row.name = told["name"]
    row.level = told["level"].casefold()
    if not 0 < len(row.name) <= 100:
        sheet.refuse(row, "name", "invalid", gettext("A name has 1 to 100 characters."))
    if not row.level:
        sheet.refuse(row, "level", "missing", gettext("Every agent needs a level."))
    try:
        row.phone = normalise_phone(told["phone"])
    except ValueError:
        sheet.refuse(row, "phone", "invalid", gettext("This is not a phone number."))


def _read_rest(row: Row, told: Mapping[str, str], sheet: Sheet) -> None:
    row.code = normalise_code(told.get("code", ""))
    row.channel = told.get("channel", "")
    if row.code and not is_valid_code(row.code):
        sheet.refuse(row, "code", "invalid", gettext("A code has 1 to 32 visible characters without spaces."))
    if len(row.channel) > 60:
        sheet.refuse(row, "channel", "too_long", gettext("This text is too long."))
    try:
        row.wechat_id = people.normalise_wechat(told.get("wechat_id", ""))
    except ValueError:
        sheet.refuse(row, "wechat_id", "invalid", gettext("This is not a WeChat id."))
    try:
        row.region_code, row.region = people.region_of(told.get("region_code", ""))
    except ValueError:
        sheet.refuse(row, "region_code", "unknown", gettext("There is no such region."))
    row.sponsor = read_sponsor(told.get("sponsor", ""))
    row.joined_on = _read_day(row, told, "joined_on", sheet)
    row.valid_until = _read_day(row, told, "valid_until", sheet)


def _read_day(row: Row, told: Mapping[str, str], column: str, sheet: Sheet) -> date | None:
    text = told.get(column, "").replace("/", "-").replace(".", "-")
    if not text:
        return None
    try:
        year, month, day = (int(part) for part in text[:10].split("-"))
        found = date(year, month, day)
    except ValueError:
        sheet.refuse(row, column, "invalid", gettext("A date looks like 2026-11-21."))
        return None
    if not 1990 <= found.year <= 2100:
        sheet.refuse(row, column, "invalid", gettext("This date is out of range."))
    return found


def read_sponsor(text: str) -> str:
    """A sponsor as the file names them: by phone number where it is one, else by code."""
    if not text:
        return ""
    try:
        return normalise_phone(text)
    except ValueError:
        return normalise_code(text)

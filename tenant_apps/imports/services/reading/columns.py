"""Columns of an importer, and which heading of a file holds which: guessed, corrected by the user, remembered."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid, Text
from tenant_apps.imports.services.reading.cells import clean_identifier
from tenant_apps.imports.services.reading.vocabulary import VOCABULARY, aliases_of, label_of

MAX_HEADINGS: Final = 702


class UnmappedColumns(Invalid):
    code = "unmapped_columns"
    title = _("Some columns of the file need an answer")


@dataclass(frozen=True)
class Column:
    """A column that an importer reads.

    `name` is the field, a word of the vocabulary where it has one; `aliases` are headings that mean it besides. A
    column that `needs` a permission does not exist for people without it. `example` stands in the template. One whose
    name is no heading, or means something else in the vocabulary (`name` is a product's there), says so.
    """

    name: str
    label: Text = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    needs: str = ""
    example: str = ""
    help: Text = ""
    is_of_vocabulary: bool = True

    @property
    def title(self) -> Text:
        """The label, the vocabulary's where the importer gives none."""
        return self.label or label_of(self.name)


@dataclass(frozen=True)
class ColumnMapping:
    """Field → heading of the file, and the headings that the user leaves out."""

    fields: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


AS_USUAL: Final = ColumnMapping()


@dataclass(frozen=True)
class Question:
    """A heading with a meaning that the importer does not take: to be used as another column, or left out."""

    heading: str
    meaning: str

    @property
    def label(self) -> Text:
        """The meaning in words."""
        return label_of(self.meaning)


@dataclass(frozen=True)
class Match:
    """The columns of one file: field → position from 0, what is missing, and what needs an answer."""

    headings: tuple[str, ...]
    positions: Mapping[str, int]
    missing: tuple[Column, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()  # field and heading that was named for it and is not there
    questions: tuple[Question, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """The file can be read as it is."""
        return not (self.missing or self.unknown or self.questions)

    def named(self) -> dict[str, str]:
        """Field → heading."""
        return {name: self.headings[position] for name, position in self.positions.items()}

    def position(self, name: str) -> int | None:
        """The field's position, None where the file has no such column."""
        return self.positions.get(name)

    def ensure_complete(self) -> None:
        """Raises UnmappedColumns naming each column that is missing and each heading that needs an answer."""
        if self.is_complete:
            return
        errors = [
            FieldError(
                f"mapping.{name}",
                "unknown_column",
                _("The file has no column “%(column)s”.") % {"column": heading},
            )
            for name, heading in self.unknown
        ]
        errors += [
            FieldError(
                f"mapping.{column.name}",
                "required_column",
                _("No column holds %(field)s.") % {"field": column.title},
            )
            for column in self.missing
        ]
        errors += [
            FieldError(
                f"left_out.{question.heading}"[:100],
                "unused_column",
                _("The column “%(column)s” means %(meaning)s, which is not used here. Map it or leave it out.")
                % {"column": question.heading, "meaning": question.label},
            )
            for question in self.questions
        ]
        raise UnmappedColumns(errors=errors)


def fold_heading(heading: object) -> str:
    """The heading as it is compared: width, case, blanks, colons and full-width brackets do not count."""
    text = unicodedata.normalize("NFKC", clean_identifier(str(heading)))
    return "".join(text.casefold().replace("_", " ").replace(":", "").split())


def unique_headings(cells: Sequence[object]) -> tuple[str, ...]:
    """The headings cleaned; a second one of the same words is told apart by a number."""
    seen: dict[str, int] = {}
    headings = []
    for cell in cells[:MAX_HEADINGS]:
        heading = clean_identifier(str(cell))[:200]
        folded = fold_heading(heading)
        seen[folded] = seen.get(folded, 0) + 1
        headings.append(heading if not heading or seen[folded] == 1 else f"{heading} ({seen[folded]})")
    return tuple(headings)


def match_columns(
    cells: Sequence[object], columns: Sequence[Column], *, wanted: ColumnMapping = AS_USUAL, channel: str = ""
) -> Match:
    """Find each column: under the heading that was named for it, else under one of its usual headings."""
    headings = unique_headings(cells)
    folded = {fold_heading(heading): position for position, heading in reversed(list(enumerate(headings))) if heading}
    left_out = {fold_heading(heading) for heading in wanted.left_out} & set(folded)
    positions = {
        name: folded[fold_heading(heading)]
        for name, heading in wanted.fields.items()
        if heading and fold_heading(heading) in folded and any(column.name == name for column in columns)
    }
    taken = set(positions.values())
    for column in columns:
        if column.name in wanted.fields:
            continue
        found = (folded.get(key) for alias in _aliases(column, channel) if (key := fold_heading(alias)) not in left_out)
        position = next((position for position in found if position is not None and position not in taken), None)
        if position is not None:
            positions[column.name] = position
            taken.add(position)
    return Match(
        headings=headings,
        positions=positions,
        missing=tuple(column for column in columns if column.required and column.name not in positions),
        unknown=tuple((name, heading) for name, heading in wanted.fields.items() if heading and name not in positions),
        questions=tuple(_questions(headings, taken, left_out, columns, channel)),
        left_out=tuple(heading for heading in headings if heading and fold_heading(heading) in left_out),
    )


def count_known(cells: Iterable[object], columns: Sequence[Column], *, wanted: ColumnMapping, channel: str) -> int:
    """The number of cells that are headings known to the importer or named by the user."""
    known = {fold_heading(alias) for column in columns for alias in _aliases(column, channel)}
    known |= {fold_heading(heading) for heading in (*wanted.fields.values(), *wanted.left_out)}
    return sum(1 for cell in cells if (folded := fold_heading(cell)) and folded in known)


def _aliases(column: Column, channel: str) -> tuple[str, ...]:
    usual = aliases_of(column.name, channel=channel) if column.is_of_vocabulary else ()
    return (*usual, str(column.title), *column.aliases)


def _questions(
    headings: Sequence[str], taken: set[int], left_out: set[str], columns: Sequence[Column], channel: str
) -> Iterable[Question]:
    meanings = {
        fold_heading(alias): meaning for meaning in VOCABULARY for alias in aliases_of(meaning, channel=channel)
    }
    meanings |= {fold_heading(alias): column.name for column in columns for alias in _aliases(column, channel)}
    for position, heading in enumerate(headings):
        # The second of two equal headings means the same as the first.
        meaning = meanings.get(fold_heading(heading)) or meanings.get(fold_heading(heading.rpartition(" (")[0]))
        if meaning and position not in taken and fold_heading(heading) not in left_out:
            yield Question(heading, meaning)

"""The Chinese catalogue: gathers marked messages, keeps translations, checks that nothing lacks.

    manage.py translations --write    gather, write django.po (new messages empty), compile django.mo
    manage.py translations --check    change nothing; fail and say why when the catalogue is not whole

It needs no gettext programs. The files carry no dates and no line numbers, so they change only with the messages.
"""

import ast
import gettext
import importlib.util
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

from config import env

LOCALE: Final = "zh_Hans"
FOLDERS: Final = ("platform/config", "platform/console", "platform/kernel", "shared_apps", "tenant_apps")
PO: Final = env.ROOT / "platform" / "config" / "locale" / LOCALE / "LC_MESSAGES" / "django.po"
# Shown in the consoles, but brought without Chinese. What Django translates already is left to Django.
FOREIGN_PACKAGES: Final = ("unfold", "django.contrib.auth")
DJANGO_PARTS: Final = ("admin", "auth", "contenttypes", "sessions")
# function → positions of its context, singular and plural
FUNCTIONS: Final[dict[str, tuple[int | None, int, int | None]]] = {
    name + suffix: places
    for suffix in ("", "_lazy")
    for name, places in {
        "gettext": (None, 0, None),
        "ngettext": (None, 0, 1),
        "pgettext": (0, 1, None),
        "npgettext": (0, 1, 2),
    }.items()
} | {"gettext_noop": (None, 0, None)}
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+")

Key = tuple[str | None, str]  # context, singular


@dataclass
class Found:
    """A message and its places."""

    plural: str | None = None
    places: set[str] = field(default_factory=set)


class QuietCatalog(Catalog):
    """A catalogue whose header names nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "Banyan"),
            ("Language", LOCALE),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", "nplurals=1; plural=0;"),
        ]


class Command(BaseCommand):
    help = "Gather the messages to translate (--write), or check that the Chinese catalogue is whole (--check)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--write", action="store_true", help="update django.po and django.mo")
        choice.add_argument("--check", action="store_true", help="fail when anything is missing, stale or wrong")

    def handle(self, *args: object, **options: object) -> None:
        found = gather()
        existing = read_catalog(PO)
        merged = merge(found, existing)
        if options["write"]:
            PO.parent.mkdir(parents=True, exist_ok=True)
            PO.write_bytes(render_po(merged))
            PO.with_suffix(".mo").write_bytes(render_mo(merged))
            empty = sum(not is_translated(message) for message in messages_of(merged))
            self.stdout.write(f"{len(found)} messages, {empty} without translation, in {PO.relative_to(env.ROOT)}")
            return
        problems = list(find_problems(found, existing))
        if problems:
            raise CommandError("The Chinese catalogue is not whole:\n  " + "\n  ".join(problems))
        self.stdout.write(f"{len(found)} messages, all translated")


# --- gathering -------------------------------------------------------------------------------------------------------


def gather() -> dict[Key, Found]:
    """Gather the messages of Python files and templates, and those of foreign packages that lack Chinese."""
    found: dict[Key, Found] = {}
    for folder in FOLDERS:
        for path in source_files(env.ROOT / folder):
            collect(found, path, path.relative_to(env.ROOT).as_posix())
    known = known_elsewhere()
    foreign: dict[Key, Found] = {}
    for package in FOREIGN_PACKAGES:
        root = package_root(package)
        for path in source_files(root):
            collect(foreign, path, path.relative_to(root.parent).as_posix())
    for key, message in foreign.items():
        if key not in found and key[1] not in known:
            found[key] = message
    return found


def source_files(root: Path) -> list[Path]:
    """Python files and templates below a folder, without migrations."""
    paths = (path for pattern in ("*.py", "*.html", "*.txt") for path in root.rglob(pattern))
    return sorted(
        path for path in paths if "migrations" not in path.parts and "site-packages" not in path.relative_to(root).parts
    )


def package_root(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    specification = importlib.util.find_spec(package)
    if specification is None or specification.origin is None:
        raise CommandError(f"The package {package} is not installed.")
    return Path(specification.origin).parent


def known_elsewhere() -> set[str]:
    """Return the messages Django translates into Chinese itself, in the parts of it that are installed here."""
    root = Path(django.__file__).parent
    folders = [root / "conf", *(root / "contrib" / name for name in DJANGO_PARTS)]
    known: set[str] = set()
    for folder in folders:
        with (folder / "locale" / LOCALE / "LC_MESSAGES" / "django.mo").open("rb") as stream:
            catalog: dict[Any, str] = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
        known |= {key[0] if isinstance(key, tuple) else key for key, text in catalog.items() if text}
    return known


def collect(found: dict[Key, Found], path: Path, place: str) -> None:
    """Add one file's messages to `found`."""
    text = path.read_text(encoding="utf-8")
    messages = python_messages(text, place) if path.suffix == ".py" else template_messages(text, place)
    for key, plural in messages:
        message = found.setdefault(key, Found())
        message.plural = message.plural or plural
        message.places.add(place)


def python_messages(text: str, place: str) -> Iterator[tuple[Key, str | None]]:
    """Find calls of Django's translation functions, whatever they were imported as."""
    tree = ast.parse(text, filename=place)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        places = FUNCTIONS.get(names.get(node.func.id, ""))
        if places is None:
            continue
        words = [word.value if isinstance(word, ast.Constant) else None for word in node.args]
        context, singular, plural = (None if at is None or at >= len(words) else words[at] for at in places)
        if not isinstance(singular, str):
            if place.startswith(("platform/", "shared_apps/", "tenant_apps/")):
                raise CommandError(f"{place}:{node.lineno}: only a literal text can be translated.")
            continue
        yield (_text(context), singular), _text(plural)


def template_messages(text: str, place: str) -> Iterator[tuple[Key, str | None]]:
    """Find a template's messages: Django's own reader turns it into something Babel reads as Python."""
    flat = "\n".join(line.strip() for line in templatize(text, origin=place).splitlines())
    keywords = dict.fromkeys(("_", "gettext", "ngettext", "pgettext", "npgettext"))
    for _line, function, words, _comments in extract_python(io.BytesIO(flat.encode()), keywords, [], {}):
        pieces = [words] if isinstance(words, str) else [word for word in words if isinstance(word, str)]
        places = FUNCTIONS["gettext" if function == "_" else str(function)]
        context, singular, plural = (None if at is None or at >= len(pieces) else pieces[at] for at in places)
        if singular:
            yield (context, singular), plural


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# --- the catalogue ---------------------------------------------------------------------------------------------------


def read_catalog(path: Path) -> Catalog:
    """Read the committed catalogue; empty when there is none yet."""
    if not path.exists():
        return QuietCatalog(locale=LOCALE, fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=LOCALE)


def messages_of(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def key_of(message: Message) -> Key:
    return message.context, message.id[0] if isinstance(message.id, (list, tuple)) else message.id


def is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(texts) and all(texts)


def merge(found: dict[Key, Found], existing: Catalog) -> QuietCatalog:
    """Join found messages with existing translations; messages no longer found are dropped."""
    former = {key_of(message): message for message in messages_of(existing)}
    merged = QuietCatalog(locale=LOCALE, fuzzy=False)
    merged.header_comment = (
        "# Chinese texts of Banyan. `manage.py translations --write` keeps this file; the words are people's."
    )
    for key in sorted(found, key=lambda one: (one[1], one[0] or "")):
        context, singular = key
        message = found[key]
        old = former.get(key)
        text = _first(old.string) if old is not None else ""
        flags = {flag for flag in (old.flags if old is not None else ()) if flag == "fuzzy"}
        merged.add(
            (singular, message.plural) if message.plural else singular,
            (text,) if message.plural else text,
            locations=[(place, None) for place in sorted(message.places)],  # type: ignore[misc]
            flags=flags,
            context=context,
        )
    return merged


def _first(texts: Any) -> str:
    return (texts[0] if texts else "") if isinstance(texts, (list, tuple)) else texts


def render_po(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_po(stream, catalog, width=120, include_lineno=False, sort_output=True, ignore_obsolete=True)
    return stream.getvalue()


def render_mo(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def find_problems(found: dict[Key, Found], existing: Catalog) -> Iterator[str]:
    """List everything that keeps the catalogue from being whole."""
    committed = {key_of(message): message for message in messages_of(existing)}
    yield from (f"missing: {text!r}" for _context, text in sorted(found.keys() - committed.keys(), key=str))
    yield from (f"stale: {text!r}" for _context, text in sorted(committed.keys() - found.keys(), key=str))
    for key in sorted(committed, key=str):
        problem = problem_of(committed[key])
        if problem:
            yield f"{problem}: {key[1]!r}"
    merged = merge(found, existing)
    for path, content in ((PO, render_po(merged)), (PO.with_suffix(".mo"), render_mo(merged))):
        if not path.exists() or path.read_bytes() != content:
            yield f"{path.name} is not what --write would write"


def problem_of(message: Message) -> str:
    """Return the fault of one translation; empty when there is none."""
    if not is_translated(message):
        return "untranslated"
    if message.fuzzy:
        return "fuzzy"
    return "" if same_placeholders(message) else "other placeholders"


def same_placeholders(message: Message) -> bool:
    """Tell whether the translation uses the placeholders of the message's longest form, no more and no less."""
    original = message.id[-1] if isinstance(message.id, (list, tuple)) else message.id
    text = _first(message.string)
    return sorted(PLACEHOLDER.findall(original)) == sorted(PLACEHOLDER.findall(text))

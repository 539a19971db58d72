"""Count what may only become less, by folder: `python tests/architecture/ratchet.py [--write]`.

ratchet.json holds what there was; the test beside it refuses more. `--write` lowers it to what there is.
"""

import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).with_name("ratchet.json")
FOLDERS = ("platform", "shared_apps", "tenant_apps", "infra", "tests")
_QUESTIONS = re.compile(r"(What|Who|Whose|Where|Which|How|Whether|When)\b")
_COMMENTS = {
    "fmt: skip": re.compile(r"#\s*fmt:\s*(skip|off)"),
    "type: ignore": re.compile(r"#\s*type:\s*ignore"),
    "noqa": re.compile(r"#\s*noqa", re.IGNORECASE),
}
Counts = dict[str, dict[str, int]]


def count_all() -> Counts:
    """Return the counts of each folder by what was counted."""
    return {folder: dict(sorted(count_in(ROOT / folder).items())) for folder in FOLDERS}


def count_in(folder: Path) -> Counter[str]:
    """Count in all Python files below a folder."""
    counts = Counter({name: 0 for name in ("Any", "docstring opens with a question", *_COMMENTS)})
    for path in folder.rglob("*.py"):
        counts.update(_found_in(path.read_text(encoding="utf-8")))
    return counts


def _found_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                if _QUESTIONS.match(ast.get_docstring(node) or ""):
                    yield "docstring opens with a question"
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string == "Any":
            yield "Any"
        elif token.type == tokenize.COMMENT:
            yield from (name for name, pattern in _COMMENTS.items() if pattern.search(token.string))


def read_baseline() -> Counts:
    """Return the counts that were written last."""
    counts: Counts = json.loads(BASELINE.read_text(encoding="utf-8"))
    return counts


def find_growth(now: Counts, before: Counts) -> list[str]:
    """Return each count that is larger than it was."""
    return [
        f"{folder}: {name}: {number}, {before.get(folder, {}).get(name, 0)} at most"
        for folder, counts in now.items()
        for name, number in counts.items()
        if number > before.get(folder, {}).get(name, 0)
    ]


if __name__ == "__main__":
    present = count_all()
    if "--write" in sys.argv:
        BASELINE.write_text(json.dumps(present, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(present, indent=2) + "\n")

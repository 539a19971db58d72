"""Check that an app's private modules are private, which import-linter cannot express in one contract."""

import ast
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {"services", "selectors", "events", "states"}
# The roof mounts faces and reads models' addresses; it is above every app and may.
FACES = {"api", "urls", "admin", "views", "models"}


def app_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] in {"shared_apps", "tenant_apps"} else parts[0]


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else ""


def test_no_app_imports_another_apps_private_module() -> None:
    graph = grimp.build_graph("config", "console", "kernel", "shared_apps", "tenant_apps", cache_dir=None)
    leaks = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            if app_of(importer) == app_of(imported) or not app_of(imported).count("."):
                continue
            allowed = PUBLIC | (FACES if importer.split(".")[0] == "config" else set())
            if room_of(imported) and room_of(imported) not in allowed:
                leaks.append(f"{importer} -> {imported}")
    assert sorted(leaks) == []


def test_foreign_keys_between_apps_grow_no_reverse_relation() -> None:
    """A foreign key to another app names its target by string and hides the way back."""
    from django.apps import apps

    offenders = []
    for model in apps.get_models():
        if not model.__module__.startswith(("tenant_apps.", "shared_apps.", "kernel.")):
            continue
        for field in model._meta.get_fields():
            remote = getattr(field, "remote_field", None)
            if remote is None or field.auto_created or not hasattr(remote, "model"):
                continue
            target = remote.model
            if target._meta.app_label != model._meta.app_label and not str(remote.related_name or "").endswith("+"):
                offenders.append(f"{model._meta.label}.{field.name}")
    assert offenders == []


def test_rooms_have_names() -> None:
    """No utils, helpers, managers, common: each file says what it is for."""
    nameless = {"utils.py", "helpers.py", "common.py", "misc.py", "managers.py"}
    found = [
        str(path.relative_to(ROOT))
        for folder in ("platform", "shared_apps", "tenant_apps", "infra")
        for path in (ROOT / folder).rglob("*.py")
        if path.name in nameless
    ]
    assert found == []


def lengths_of_files_and_functions() -> tuple[dict[str, int], dict[str, int]]:
    """Return the lines of each file and of each function, by its place; migrations are left out."""
    files: dict[str, int] = {}
    functions: dict[str, int] = {}
    for folder in ("platform", "shared_apps", "tenant_apps", "infra"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            source = path.read_text(encoding="utf-8")
            name = str(path.relative_to(ROOT))
            files[name] = source.count("\n")
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    functions[f"{name}:{node.lineno} {node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return files, functions


def test_files_and_functions_keep_to_their_sizes() -> None:
    """95 % of the files have at most 300 lines, 95 % of the functions at most 40."""
    files, functions = lengths_of_files_and_functions()
    for lengths, limit in ((files, 300), (functions, 40)):
        too_long = {place: length for place, length in lengths.items() if length > limit}
        assert len(too_long) <= 0.05 * len(lengths), too_long

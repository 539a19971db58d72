"""Rooms below an app's faces know nothing of HTTP: they take and return plain values."""

from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
BELOW = {"services", "selectors", "models", "rules", "acts", "states", "events", "tasks"}
# Files that are read and written by the engine for files soon; nothing may join them.
LEFT = {"tenant_apps.catalog.services.sheets.exporting", "tenant_apps.orders.services.imports.issues"}


def test_no_room_below_the_faces_imports_http() -> None:
    graph = grimp.build_graph(
        "shared_apps",
        "tenant_apps",
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )
    # grimp folds a foreign package into its root; the statements say which part of Django it is.
    wrong = set()
    for module in graph.modules:
        parts = module.split(".")
        if len(parts) < 3 or parts[2] not in BELOW or "django" not in graph.find_modules_directly_imported_by(module):
            continue
        details = graph.get_import_details(importer=module, imported="django")
        if any("django.http" in str(detail["line_contents"]) for detail in details):
            wrong.add(module)
    assert wrong - LEFT == set()

"""`manage.py openapi --write | --check`: the committed OpenAPI documents of both APIs."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from ninja import NinjaAPI

from config import env
from config.api_brand import api as brand_api
from config.api_public import api as public_api

FOLDER = env.ROOT / "platform" / "docs" / "openapi"


def render(api: NinjaAPI) -> str:
    """Render the document as sorted, indented JSON: one line changes where one thing changes."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"


class Command(BaseCommand):
    help = "Write the OpenAPI documents, or fail when the committed ones differ from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--write", action="store_true")
        group.add_argument("--check", action="store_true")

    def handle(self, *args: object, **options: object) -> None:
        stale = []
        for name, api in (("brand", brand_api), ("public", public_api)):
            path = FOLDER / f"{name}.json"
            document = render(api)
            if options["write"]:
                FOLDER.mkdir(parents=True, exist_ok=True)
                path.write_text(document, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != document:
                stale.append(str(path.relative_to(env.ROOT)))
        if stale:
            raise CommandError(f"The API changed: run `make openapi` and commit {', '.join(stale)}.")

"""Workbooks over HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from kernel.core import clock
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.importers import ProductsImporter
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import running
from tests.factories.api_client import ApiClient
from tests.factories.workbooks import CREAM, checked, imported, rows_of, workbook

pytestmark = pytest.mark.django_db


def upload_to(api: ApiClient, **files: Any) -> Any:
    headers = {"authorization": f"Bearer {api.token}"}
    return api.client.post("/api/v1/catalog/imports", files, headers=headers)


class TestOverHttp:
    def test_from_the_file_to_the_shelf(self, api: ApiClient) -> None:
        answer = upload_to(api, file=workbook(CREAM))
        assert (answer.status_code, answer.json()["state"]) == (201, "uploaded"), answer.content
        path = f"/api/v1/catalog/imports/{answer.json()['id']}"
        early = api.post(f"{path}/commit")
        assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
        running.run(job_id=answer.json()["id"], now=clock.now())
        assert (api.get(path).json()["state"], api.get(path).json()["valid_rows"]) == ("checked", 1)
        assert api.post(f"{path}/commit").json()["state"] == "committing"
        running.run(job_id=answer.json()["id"], now=clock.now())
        assert api.get(path).json()["state"] == "committed"
        assert [row["state"] for row in api.get("/api/v1/catalog/imports").json()["items"]] == ["committed"]
        late = api.post(f"{path}/cancel")
        assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")

    def test_errors_keep_it_from_being_written(self, api: ApiClient) -> None:
        job = checked(workbook(CREAM | {"零售价": "?"}))
        path = f"/api/v1/catalog/imports/{job.pk}"
        (error,) = api.get(path).json()["errors"]
        assert (error["row"], error["column"], error["code"]) == (2, "retail_price", "bad_number")
        assert error["detail"]
        refused = api.post(f"{path}/commit")
        assert (refused.status_code, refused.json()["code"]) == (409, "import_has_errors")
        assert api.post(f"{path}/cancel").json()["state"] == "cancelled"

    @pytest.mark.parametrize(
        ("upload", "code"),
        [
            (ContentFile(b"", name="a.xlsx"), "unreadable_file"),
            (ContentFile(b"PK\x03\x04 not really", name="a.xlsx"), "harmful_workbook"),
            (workbook({"colour": "red"}), "unmapped_columns"),
        ],
    )
    def test_refused_files(self, api: ApiClient, upload: Any, code: str) -> None:
        upload.seek(0)
        answer = upload_to(api, file=upload)
        assert answer.status_code == 422, answer.content
        assert code in {answer.json()["code"], answer.json()["errors"][0]["code"]}
        assert not ImportJob.objects.exists()

    def test_refused_archives_and_giants(self, api: ApiClient, settings: Settings) -> None:
        answer = upload_to(api, file=workbook(CREAM), pictures=ContentFile(b"no zip", name="p.zip"))
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_archive")
        settings.IMPORT_MAX_BYTES = 10
        assert upload_to(api, file=workbook(CREAM)).json()["code"] == "upload_too_large"
        missing = upload_to(api)
        assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "file")

    def test_ten_thousand_rows_and_no_more(self, api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ProductsImporter, "max_rows", 2)
        many = [CREAM | {"商家编码": f"C-{number}"} for number in range(40)]
        assert upload_to(api, file=workbook(CREAM, CREAM)).status_code == 201
        assert upload_to(api, file=workbook(*many)).status_code == 413

    def test_costs_are_for_those_who_may_know_them(self, api: ApiClient, brand: Brand, tmp_path: Path) -> None:
        from shared_apps.accounts.services.api_keys import issue_api_key
        from tests.factories.api_client import ApiClient

        imported(workbook(CREAM | {"成本价": 50}))
        _key, token = issue_api_key(
            name="no costs", role="service", permissions=frozenset({"catalog.view", "catalog.edit"})
        )
        editor = ApiClient(host=f"{brand.slug}.localhost", token=token)
        refused = upload_to(editor, file=workbook(CREAM | {"成本价": 60}))
        assert (refused.status_code, refused.json()["code"]) == (403, "column_forbidden")
        for client, knows in ((api, True), (editor, False)):
            answer = client.get("/api/v1/catalog/exports/products.xlsx")
            path = tmp_path / "export.xlsx"
            path.write_bytes(answer.getvalue())
            assert bool({"Cost", "成本价"} & set(rows_of(path)[0])) is knows

    def test_unknown_ones_and_who_may(self, api: ApiClient, api_as: Callable[[str], ApiClient]) -> None:
        for path in ("", "/commit", "/cancel"):
            ask = api.get if not path else api.post
            assert ask(f"/api/v1/catalog/imports/999999{path}").json()["code"] == "import_not_found"
        warehouse = api_as("warehouse")
        assert upload_to(warehouse, file=workbook(CREAM)).status_code == 403
        answer = warehouse.get("/api/v1/catalog/exports/pictures.zip")
        assert (answer.status_code, answer.getvalue()[:2]) == (200, b"PK")

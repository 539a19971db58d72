"""A worker that is killed with no time to say goodbye leaves nothing that stands in anybody's way."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from kernel.events import queue
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.tenants.models import Brand, BrandExport
from shared_apps.tenants.services import archives, exports
from shared_apps.tenants.states import ArchiveState, BrandState, ExportState
from tests.tenants.archives.conftest import NOW, fresh, schemas

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
_START = """
import sys, time, django
django.setup()
from datetime import datetime
from django.conf import settings
from kernel.events import queue
from kernel.tenancy.context import brand_schema
from shared_apps.tenants.services import archives, exports, export_writing, snapshots
settings.MEDIA_ROOT, settings.ARCHIVE_ROOT = sys.argv[1:3]
now = datetime.fromisoformat("2026-11-21T09:00:00+00:00")

def stand_still(*arguments, **options):
    print("in the middle", flush=True)
    time.sleep(60)
"""


def run_until_killed(script: str, *arguments: str) -> None:
    """Run the script in a process of its own until it says that it is in the middle of things."""
    given = connections["default"].get_connection_params()
    address = f"postgresql://{given['user']}@/{given['dbname']}?host={given['host']}&port={given['port']}"
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT / 'infra'}:{ROOT}",
    }
    command = [sys.executable, "-c", _START + script, settings.MEDIA_ROOT, settings.ARCHIVE_ROOT, *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:  # noqa: S603
        assert worker.stdout is not None
        assert worker.stdout.readline() == "in the middle\n"
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL


def test_an_export_goes_on_after_its_worker_was_killed(shop_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "send", lambda *_arguments: None)
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    run_until_killed(
        """
export_writing.render_readme = stand_still  # every table is written by then
with brand_schema(sys.argv[3]):
    exports.run_export(export_id=int(sys.argv[4]), now=now)
""",
        shop_brand.schema_name,
        str(export.pk),
    )
    folder = Path(settings.MEDIA_ROOT) / shop_brand.schema_name / "exports"
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    with brand_schema(shop_brand.schema_name):
        exports.run_export(export_id=export.pk, now=NOW)
    with public_schema():
        finished = BrandExport.objects.get(pk=export.pk)
    assert (finished.state, finished.attempts) == (ExportState.READY, 2)
    assert [path.suffix for path in folder.iterdir()] == [".zip"]


@pytest.mark.parametrize("moment", ["content_of", "differences"])
def test_an_archive_whose_worker_was_killed_is_made_anew(shop_brand: Brand, moment: str, content: Any) -> None:
    """Killed while the rows are counted beside the dump, and while the scratch schema is compared."""
    before = content(shop_brand.schema_name)
    run_until_killed(
        """
setattr(snapshots, sys.argv[4], stand_still)
archives.archive_brand(brand_id=int(sys.argv[3]), reason="did not come back", now=now)
""",
        str(shop_brand.pk),
        moment,
    )
    assert fresh(shop_brand).state == BrandState.TRIAL_EXPIRED
    assert not any(name.startswith("zz_verify") for name in schemas())
    archive = archives.archive_brand(brand_id=shop_brand.pk, reason="did not come back", now=NOW)
    assert archive.state == ArchiveState.VERIFIED
    assert content(shop_brand.schema_name) == before
    assert all(path.suffix == ".tar" for path in (Path(settings.ARCHIVE_ROOT) / shop_brand.schema_name).iterdir())

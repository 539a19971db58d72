"""A job's life: upload, dry run, commit, cancel, undo, retention; nothing comes in by halves."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.numbering import take_number
from kernel.core.states import IllegalTransition
from kernel.files import storage as files
from tenant_apps.imports.models import ImportJob, ImportProfile
from tenant_apps.imports.selectors import ImportNotFound
from tenant_apps.imports.services import importer, jobs, lease, running
from tenant_apps.imports.services.issues import read_issues, write_error_file
from tenant_apps.imports.services.reading.columns import ColumnMapping
from tenant_apps.imports.states import ImportState
from tests.imports.sample import ParcelImporter, done, registered, uploaded

pytestmark = pytest.mark.django_db

GOOD = "code,weight\nP-1,1.50\nP-2,2\n"
BAD = 'code,weight\nP-1,1.50\n2.5E+17,"1,5"\nP-1,1\n'


@pytest.fixture
def parcels() -> Iterator[ParcelImporter]:
    yield registered()
    importer._importers.pop("parcels")


def test_a_clean_file_is_checked_previewed_and_written(parcels: ParcelImporter) -> None:
    job = done(uploaded(GOOD), jobs.start_check)
    assert (job.state, job.total_rows, job.refused_rows, job.figures) == (ImportState.CHECKED, 2, 0, {"parcels": 2})
    assert job.preview[0] == {"line": 2, "values": {"code": "P-1", "weight": "1.50"}}
    assert (parcels.written, last_number()) == ([], 0)
    job = done(job, jobs.start_commit)
    assert (job.state, job.imported_rows, parcels.written) == (ImportState.COMMITTED, 2, ["P-1", "P-2"])
    assert len(job.result["numbers"]) == 2


def test_faults_are_told_by_row_and_column_and_nothing_is_written(parcels: ParcelImporter) -> None:
    job = done(uploaded(BAD), jobs.start_check)
    found = [(one.line, one.column, one.reason) for _position, one in read_issues(job.issues_stored_as)]
    assert found == [
        (3, "code", "damaged_identifier"),
        (3, "weight", "bad_number"),
        (4, "code", "twice_in_file"),
    ]
    assert (job.state, job.refused_rows, job.reasons) == (
        ImportState.CHECKED,
        2,
        {"damaged_identifier": 1, "bad_number": 1, "twice_in_file": 1},
    )
    with pytest.raises(jobs.ImportHasErrors):
        jobs.start_commit(job_id=job.pk)


def test_the_error_file_can_be_corrected_and_uploaded_again(parcels: ParcelImporter) -> None:
    job = done(uploaded(BAD), jobs.start_check)
    text = "".join(write_error_file(job.issues_stored_as, job.headings, {}))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[2:] for row in rows] == [["code", "weight"], ["2.5E+17", "1,5"], ["P-1", "1"]]
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    corrected = text.replace("2.5E+17", "P-3").replace('"1,5"', "1.5")
    again = done(uploaded(corrected), jobs.start_check)
    assert (again.state, again.refused_rows, again.total_rows) == (ImportState.CHECKED, 0, 2)


def test_partial_kinds_write_the_good_rows(parcels: ParcelImporter) -> None:
    parcels.is_whole = False
    job = done(done(uploaded(BAD), jobs.start_check), jobs.start_commit)
    assert (job.state, job.imported_rows, job.refused_rows) == (ImportState.COMMITTED, 1, 2)
    assert parcels.written == ["P-1"]


def test_what_writing_refuses_fails_the_dry_run_already(parcels: ParcelImporter) -> None:
    parcels.stop_at = "P-2"
    job = done(uploaded(GOOD), jobs.start_check)
    assert (job.state, parcels.written) == (ImportState.FAILED, [])
    assert job.message


def test_rows_that_went_bad_since_the_dry_run_stop_the_commit(parcels: ParcelImporter, monkeypatch: Any) -> None:
    job = done(uploaded(GOOD), jobs.start_check)
    plan = parcels.plan

    def plan_later(rows: Any, run: Any) -> Any:
        run.refuse(2, "taken", "Somebody was faster.", column="code")
        return plan(rows, run)

    monkeypatch.setattr(parcels, "plan", plan_later)
    job = done(job, jobs.start_commit)
    assert (job.state, job.reasons, parcels.written) == (ImportState.FAILED, {"taken": 1}, [])
    found = [(one.line, one.cells) for _position, one in read_issues(job.issues_stored_as)]
    assert found == [(2, ["P-1", "1.50"])]


def test_mapping_and_answers_are_remembered_by_kind(parcels: ParcelImporter) -> None:
    mapping = ColumnMapping({"code": "no"}, ("运费",))
    uploaded("no,重量,运费\nP-1,1,8\n", mapping=mapping)
    profile = ImportProfile.objects.get(kind="parcels")
    assert (profile.mapping, profile.left_out) == ({"code": "no", "weight": "重量"}, ["运费"])
    again = uploaded("no,重量,运费\nP-2,1,8\n")
    assert (again.mapping, again.left_out) == ({"code": "no", "weight": "重量"}, ["运费"])
    other = uploaded(GOOD)
    assert other.mapping == {"code": "code", "weight": "weight"}


def test_a_file_with_open_questions_waits(parcels: ParcelImporter) -> None:
    job = uploaded("code,运费\nP-1,8\n", may_be_incomplete=True)
    assert job.state == ImportState.UPLOADED
    with pytest.raises(DomainError) as refusal:
        jobs.start_check(job_id=job.pk)
    assert [error.code for error in refusal.value.errors] == ["unused_column"]
    jobs.change_mapping(job_id=job.pk, mapping=ColumnMapping({"code": "code"}, ("运费",)), options={})
    assert done(job, jobs.start_check).state == ImportState.CHECKED


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"channel": "taobao"}, "unknown_channel"),
        ({"mode": "live"}, "literal_error"),
        ({"options": {"prefix": "C"}}, "invalid_option"),
    ],
)
def test_uploads_that_are_refused(parcels: ParcelImporter, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        uploaded(GOOD, **fields)
    assert refusal.value.code == code
    assert not ImportJob.objects.exists()


def test_unknown_ids_and_kinds(parcels: ParcelImporter) -> None:
    with pytest.raises(ImportNotFound):
        jobs.start_check(job_id=999_999)
    with pytest.raises(importer.UnknownKind):
        jobs.create_import(new=jobs.NewImport(kind="none", upload=ContentFile(b"a,b", name="x.csv")))


def test_undo_takes_away_what_was_written(parcels: ParcelImporter) -> None:
    job = done(done(uploaded(GOOD), jobs.start_check), jobs.start_commit)
    parcels.refuses_undo = True
    job = done(job, jobs.start_undo)
    assert (job.state, bool(job.message)) == (ImportState.COMMITTED, True)
    parcels.refuses_undo = False
    job = done(job, jobs.start_undo)
    assert (job.state, parcels.written) == (ImportState.UNDONE, [])
    with pytest.raises(IllegalTransition):
        jobs.start_undo(job_id=job.pk)


def test_cancelling_before_and_while_a_worker_is_at_it(parcels: ParcelImporter) -> None:
    waiting = uploaded(GOOD)
    assert jobs.cancel_import(job_id=waiting.pk).state == ImportState.CANCELLED
    job = done(uploaded(GOOD), jobs.start_check)
    jobs.start_commit(job_id=job.pk)
    jobs.cancel_import(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert (job.state, parcels.written, last_number()) == (ImportState.CANCELLED, [], 0)


def test_only_one_worker_has_a_job(parcels: ParcelImporter) -> None:
    job = uploaded(GOOD)
    jobs.start_check(job_id=job.pk)
    token = lease.take_lease(job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.state == ImportState.CHECKING
    lease.release(job.pk, "another")
    assert lease.take_lease(job.pk) == ""
    lease.release(job.pk, token)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.state == ImportState.CHECKED


def test_the_sweeper_finds_jobs_without_a_worker(parcels: ParcelImporter) -> None:
    job = uploaded(GOOD)
    jobs.start_check(job_id=job.pk)
    assert running.find_stalled() == []
    cache.delete(f"import:{job.pk}")
    assert running.find_stalled() == [job.pk]


def test_a_fault_of_ours_fails_the_job_and_is_raised(parcels: ParcelImporter, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(parcels, "plan", broken)
    job = uploaded(GOOD)
    jobs.start_check(job_id=job.pk)
    with pytest.raises(RuntimeError):
        running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.state == ImportState.FAILED


def test_files_are_deleted_after_their_time(parcels: ParcelImporter, django_capture_on_commit_callbacks: Any) -> None:
    job = done(uploaded(BAD), jobs.start_check)
    paths = [Path(files.path_of(name)) for name in (job.stored_as, job.issues_stored_as)]
    now = clock.now()
    assert running.forget_uploads(now=now + timedelta(days=settings.IMPORT_RETENTION_DAYS - 1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert running.forget_uploads(now=now + timedelta(days=settings.IMPORT_RETENTION_DAYS + 1)) == 1
    job.refresh_from_db()
    assert ([path.exists() for path in paths], job.stored_as, job.refused_rows) == ([False, False], "", 2)
    with pytest.raises(jobs.UploadGone):
        jobs.start_check(job_id=job.pk)


DAMAGE = st.sampled_from(
    [
        "P-1",
        "P-2",
        "",
        " ",
        "P-1\u200b",
        "Ｐ－1",
        "'P-3",
        '="P-4"',
        "2.5E+17",
        "1e3",
        "N" * 65,
        "\t9",
        "合计",
        '"',
        "a,b",
    ]
)
NUMBERS = st.sampled_from(
    ["1", "1.50", "1,5", "1,234", "60元", "￥3", "NaN", "-1", "", "9" * 20, "0.001", "１２", "x\0"]
)


@given(rows=st.lists(st.tuples(DAMAGE, NUMBERS), max_size=8))
@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_whose_dry_run_is_clean_commits(parcels: ParcelImporter, rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("code", "weight"), *rows])
    job = done(uploaded(buffer.getvalue()), jobs.start_check)
    assert job.state == ImportState.CHECKED
    if not job.refused_rows:
        assert done(job, jobs.start_commit).state == ImportState.COMMITTED


def last_number() -> int:
    """Return the last number taken."""
    number = take_number(kind="PARCEL", day=clock.business_date(clock.now()))
    return int(number.rpartition("-")[2]) - 1

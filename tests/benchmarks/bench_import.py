"""541,909 real order lines, from the file to committed orders, against COPY of the same rows into a bare table."""

import csv
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import ROOT, House, Measurement, data_file, median_seconds

MAX_RATIO = 12.0
MAX_MEGABYTES = 700
COLUMNS = 8
RULES = {
    "cancellation_prefix": "C",
    "adjustment_prefix": "A",
    "service_skus": ["POST", "DOT", "M", "D", "S", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "GIFT*"],
    "time_zone": "Europe/London",
}


def measure(house: House) -> Measurement:
    """COPY and import alternate, three times each; the import runs in a process of its own, whose peak is its own."""
    path = data_file("online_retail.csv.gz")
    if path is None:
        reason = "online_retail.csv.gz is neither in BANYAN_DATA nor in shared/data beside the checkout"
        return Measurement(None, "×", f"≤ {MAX_RATIO:g} × COPY", False, {"not measured": reason})
    floors = []
    imports = []
    for round_number in range(3):
        floors.append(copy_seconds(house, path))
        imports.append(import_in_worker(house, path, f"import{round_number}"))
    floor = sorted(floors)[1]
    commit = sorted(result["commit_seconds"] for result in imports)[1]
    peak = max(result["peak_megabytes"] for result in imports)
    ratio = round(commit / floor, 2)
    return Measurement(
        value=ratio,
        unit="×",
        bound=f"≤ {MAX_RATIO:g} × COPY, ≤ {MAX_MEGABYTES} MB",
        ok=ratio <= MAX_RATIO and peak <= MAX_MEGABYTES,
        details={
            "copy_seconds": [round(seconds, 2) for seconds in floors],
            "import_seconds": [round(result["commit_seconds"], 2) for result in imports],
            "dry_run_seconds": [round(result["check_seconds"], 2) for result in imports],
            "peak_megabytes": peak,
            "lines_per_second": round(541_909 / commit),
            "imported": imports[0]["summary"],
        },
    )


def copy_seconds(house: House, path: Path) -> float:
    """The file's rows, as they are, into a table without any index or constraint."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    text = buffer.getvalue()
    connection = house.raw_connection("public")
    cursor = connection.cursor()
    columns = ", ".join(f"c{index} text" for index in range(COLUMNS))

    def copy() -> None:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(f"CREATE TABLE bare ({columns})")
        connection.commit()
        cursor.copy_expert("COPY bare FROM STDIN (FORMAT csv)", io.StringIO(text), 1_048_576)
        connection.commit()

    seconds = median_seconds(copy, 3)
    cursor.execute("DROP TABLE bare")
    connection.commit()
    connection.close()
    return seconds


def import_in_worker(house: House, path: Path, slug: str) -> dict[str, Any]:
    """Dry run and commit in a fresh process, as a worker does them."""
    house.brand(slug)
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.benchmarks.bench_import", slug, str(path)],
        cwd=ROOT,
        env=os.environ,
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return result


def work(slug: str, path: Path) -> None:
    """The child: import the file into the brand and print seconds and peak memory as JSON."""
    import django

    django.setup()
    from django.core.files.base import File

    from kernel.core import clock
    from kernel.tenancy.context import enter_brand
    from shared_apps.tenants.models import Brand
    from tenant_apps.imports.services import jobs, running
    from tenant_apps.orders.models import Channel

    enter_brand(Brand.objects.get(slug=slug))
    Channel.objects.create(code="retail", name="Online retail", kind="import")
    with path.open("rb") as upload:
        upload_file = File(upload, name=path.name)
        new = jobs.NewImport(kind="orders", channel="retail", mode="history", upload=upload_file, options=RULES)
        job = jobs.create_import(new=new)
    seconds = {}
    for name, start in (("check_seconds", jobs.start_check), ("commit_seconds", jobs.start_commit)):
        start(job_id=job.pk)
        started = time.perf_counter()
        running.run(job_id=job.pk, now=clock.now())
        seconds[name] = time.perf_counter() - started
    job.refresh_from_db()
    if job.state != "committed":
        raise RuntimeError(job.message)
    peak = peak_megabytes()
    print(json.dumps({**seconds, "peak_megabytes": peak, "summary": jobs.summary_of(job)}))


def peak_megabytes() -> int:
    """This process' own peak. `getrusage` would give the parent's, if that was larger when it started us."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]))

"""`make bench`: measure what must be fast, each beside its floor, in the same run on the same machine.

Prints a table and writes `.local/bench.json`: name → value, unit, bound, ok, details. `only=provision` runs one.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import ROOT, House, Measurement, Template

NAMES = (
    "provision",
    "place_order",
    "oversell",
    "import",
    "idempotent",
    "api_post",
    "api_get",
    "isolation",
    "quota",
    "lifecycle",
    "console",
    "tree",
    "levels",
    "price",
    "idle",
    "address",
    "waybills",
    "batch_ship",
    "search",
)
REPORT = ROOT / ".local" / "bench.json"


def chosen(arguments: list[str]) -> list[str]:
    """The benchmarks asked for; all without a spec. Exits when a name is unknown."""
    only = [word.removeprefix("only=") for word in arguments if word.startswith("only=")]
    wanted = [name for word in only for name in word.split(",") if name]
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}.")
    return wanted or list(NAMES)


def measure(name: str, template: str) -> dict[str, Any]:
    """Run one benchmark in a process and a database of its own: none finds what another left.

    A crash is a result that is not ok, never a missing line.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, __file__, f"measure={name}", template, str(answer)], env=environment, check=False
        )
        if answer.exists():
            result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
            return result
    return Measurement(None, "", "", ok=False, details={"error": f"it ended with {done.returncode}"}).as_json()


def measure_here(name: str, template: str, answer: Path) -> None:
    """Run one benchmark in this process and write what it found."""
    with House(template) as house:
        result: Measurement = importlib.import_module(f"tests.benchmarks.bench_{name}").measure(house)
    answer.write_text(json.dumps(result.as_json(), ensure_ascii=False), encoding="utf-8")


def main() -> int:
    """Run, print, write; 0 when every bound holds."""
    names = chosen(sys.argv[1:])
    report: dict[str, object] = {}
    if REPORT.exists():
        report = json.loads(REPORT.read_text(encoding="utf-8"))
    all_ok = True
    with Template() as template:
        print(f"{'benchmark':<14}{'value':>12}  {'must be':<28}{'ok':<5}took")
        for name in names:
            started = time.perf_counter()
            result = measure(name, template.name)
            all_ok &= result["ok"]
            value = "—" if result["value"] is None else f"{result['value']:g} {result['unit']}"
            print(f"{name:<14}{value:>12}  {result['bound']:<28}{'yes' if result['ok'] else 'NO':<5}", end="")
            print(f"{time.perf_counter() - started:.0f} s", flush=True)
            for key, detail in result["details"].items():
                print(f"    {key}: {detail}", flush=True)
            report[name] = result
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all_ok else 1


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("measure="):
        measure_here(sys.argv[1].removeprefix("measure="), sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())

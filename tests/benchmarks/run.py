"""`make bench`: measure what must be fast, each beside its floor, in the same run on the same machine.

Prints a table and writes `.local/bench.json`: name → value, unit, bound, ok, details. `only=provision` runs one.
"""

import importlib
import json
import sys
import time
import traceback

from tests.benchmarks.harness import ROOT, House, Measurement

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
)
REPORT = ROOT / ".local" / "bench.json"


def chosen(arguments: list[str]) -> list[str]:
    """The benchmarks asked for; all without a wish. Exits when a name is unknown."""
    only = [word.removeprefix("only=") for word in arguments if word.startswith("only=")]
    wanted = [name for word in only for name in word.split(",") if name]
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}.")
    return wanted or list(NAMES)


def measure(name: str, house: House) -> Measurement:
    """Run one benchmark; a crash is a result that is not ok, never a missing line."""
    module = importlib.import_module(f"tests.benchmarks.bench_{name}")
    try:
        result: Measurement = module.measure(house)
    except Exception as error:
        traceback.print_exc()
        return Measurement(
            value=None, unit="", bound="", ok=False, details={"error": f"{type(error).__name__}: {error}"}
        )
    return result


def main() -> int:
    """Run, print, write; 0 when every bound holds."""
    names = chosen(sys.argv[1:])
    report: dict[str, object] = {}
    if REPORT.exists():
        report = json.loads(REPORT.read_text(encoding="utf-8"))
    all_ok = True
    with House() as house:
        print(f"{'benchmark':<14}{'value':>12}  {'must be':<28}{'ok':<5}took")
        for name in names:
            started = time.perf_counter()
            result = measure(name, house)
            all_ok &= result.ok
            value = "—" if result.value is None else f"{result.value:g} {result.unit}"
            print(f"{name:<14}{value:>12}  {result.bound:<28}{'yes' if result.ok else 'NO':<5}", end="")
            print(f"{time.perf_counter() - started:.0f} s", flush=True)
            for key, detail in result.details.items():
                print(f"    {key}: {detail}", flush=True)
            report[name] = result.as_json()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all_ok else 1


if __name__ == "__main__":
    sys.exit(main())

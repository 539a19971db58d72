"""Hold coverage to floors that only rise: `python tests/architecture/coverage_floors.py REPORT [--write]`.

REPORT is coverage's JSON of the whole suite (`make coverage`). coverage_floors.json holds, in percent of lines and of
branches, what each app had at least. `--write` raises the floors to what the report has.
"""

import json
import math
import sys
from collections import Counter
from pathlib import Path

FLOORS = Path(__file__).with_name("coverage_floors.json")
Percents = dict[str, dict[str, float]]


def measure(report: Path) -> Percents:
    """Return the percentages of the whole and of each app, rounded down to a tenth."""
    sums: dict[str, Counter[str]] = {}
    for path, file in json.loads(report.read_text(encoding="utf-8"))["files"].items():
        for part in ("all", "/".join(path.split("/")[:2])):
            summary = file["summary"]
            sums.setdefault(part, Counter()).update(
                lines=summary["num_statements"],
                covered_lines=summary["covered_lines"],
                branches=summary["num_branches"],
                covered_branches=summary["covered_branches"],
            )
    return {
        part: {kind: _percent(counts[f"covered_{kind}"], counts[kind]) for kind in ("lines", "branches")}
        for part, counts in sorted(sums.items())
    }


def _percent(covered: int, everything: int) -> float:
    return math.floor(1_000 * covered / everything) / 10 if everything else 100.0


def find_losses(measured: Percents, floors: Percents) -> list[str]:
    """Return each part that is below its floor. A part that is gone has none."""
    return [
        f"{part}: {measured[part][kind]} % of the {kind}, {floor} at least"
        for part, kinds in floors.items()
        if part in measured
        for kind, floor in kinds.items()
        if measured[part][kind] < floor
    ]


def raise_floors(measured: Percents, floors: Percents) -> Percents:
    """Return the higher of both for each part that still is."""
    return {
        part: {kind: max(percent, floors.get(part, {}).get(kind, 0.0)) for kind, percent in kinds.items()}
        for part, kinds in measured.items()
    }


def main(report: Path, *, write: bool) -> int:
    """Print the table; 1 if something is below its floor."""
    measured = measure(report)
    floors: Percents = json.loads(FLOORS.read_text(encoding="utf-8"))
    for part, kinds in measured.items():
        sys.stdout.write(f"{part:<32}{kinds['lines']:>7} % lines{kinds['branches']:>8} % branches\n")
    losses = find_losses(measured, floors)
    sys.stdout.write("".join(f"*** {loss}\n" for loss in losses))
    if write:
        FLOORS.write_text(json.dumps(raise_floors(measured, floors), indent=2) + "\n", encoding="utf-8")
    return bool(losses)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), write="--write" in sys.argv))

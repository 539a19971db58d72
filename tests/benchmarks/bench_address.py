"""Measure the reading of pasted texts: texts a second, and the share read whole, over the whole corpus."""

import time

from tests.benchmarks.harness import House, Measurement
from tests.shipping.reading_corpus import FILES, judge, load_cases

MIN_RATE = 300
MIN_WHOLE = 97.0
ROUNDS = 5


def measure(house: House) -> Measurement:
    """Texts a second on one core, comparison included; the index is built before."""
    cases = [case for name in FILES for case in load_cases(name)]
    started = time.perf_counter()
    judge(cases[0])
    first = time.perf_counter() - started
    started = time.perf_counter()
    for _round in range(ROUNDS):
        outcomes = [judge(case) for case in cases]
    rate = ROUNDS * len(cases) / (time.perf_counter() - started)
    whole = 100 * sum(outcome.is_whole for outcome in outcomes) / len(outcomes)
    wrong = sum(bool(outcome.wrong) for outcome in outcomes)
    return Measurement(
        value=round(rate),
        unit="texts/s",
        bound=f"≥ {MIN_RATE}, {MIN_WHOLE:g} % whole",
        ok=rate >= MIN_RATE and whole >= MIN_WHOLE and wrong == 0,
        details={
            "texts": len(cases),
            "whole": f"{whole:.1f} %",
            "sure and wrong": wrong,
            "first text, with the index": f"{1000 * first:.0f} ms",
        },
    )

"""Check the subjects of the commits since a given one: `python tests/architecture/commits.py COMMIT`.

A subject has at most 72 characters, names its part of the house, begins with a capital and ends without a full stop.
"""

import re
import subprocess
import sys

_SUBJECT = re.compile(r"[a-z][a-z0-9_.-]*(, [a-z][a-z0-9_.-]*)*: [A-Z].*[^.]")
MAX_SUBJECT = 72


def list_subjects(since: str) -> list[str]:
    """Return hash and subject of each commit after `since`; nothing where the history does not reach back so far."""
    known = subprocess.run(["git", "cat-file", "-e", f"{since}^{{commit}}"], capture_output=True, check=False)  # noqa: S603, S607
    if known.returncode:
        return []
    command = ["git", "log", "--no-merges", "--format=%h %s", f"{since}..HEAD"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()  # noqa: S603


def find_faults(lines: list[str]) -> list[str]:
    """Return the lines whose subject breaks a rule."""
    subjects = [line.partition(" ")[2] for line in lines]
    return [
        line
        for line, subject in zip(lines, subjects, strict=True)
        if len(subject) > MAX_SUBJECT or not _SUBJECT.fullmatch(subject)
    ]


if __name__ == "__main__":
    faults = find_faults(list_subjects(sys.argv[1]))
    if faults:
        sys.exit("\n".join(["Subjects are `part: Verb …`, 72 characters at most, without a full stop:", *faults]))

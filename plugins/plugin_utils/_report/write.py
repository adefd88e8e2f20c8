# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put a report on the control node's disk (private to this collection).

Each file is written beside its final name and then renamed, so that a reader never meets half a report and an
interrupted run leaves the previous one whole.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .html import page
from .junit import as_junit
from .prometheus import as_prometheus
from .result import as_json
from .table import as_csv

WRITERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "json": ("report.json", as_json),
    "html": ("index.html", page),
    "csv": ("findings.csv", as_csv),
    "junit": ("junit.xml", as_junit),
    "prometheus": ("sunset_ws2008.prom", as_prometheus),
}


class ReportNotWritten(Exception):
    """The folder for the report cannot be used; the sentence says why."""


def write(report: Mapping[str, Any], folder: str, formats: Iterable[str], dry_run: bool = False) -> list[str]:
    """Write the formats (``json`` always) into `folder` and return the paths; with `dry_run` only the paths."""
    wanted = ["json", *(name for name in dict.fromkeys(formats) if name != "json")]
    target = Path(folder)
    texts = {target / WRITERS[name][0]: WRITERS[name][1](report) for name in wanted}
    if not dry_run:
        try:
            target.mkdir(parents=True, exist_ok=True)
            for path, content in texts.items():
                replace(path, content)
        except OSError as error:
            raise ReportNotWritten(
                f"the report cannot be written to {folder}: {error.strerror}; name a folder that this user may write to"
            ) from error
    return [str(path) for path in texts]


def replace(path: Path, content: str) -> None:
    """Put a text in the place of a file, whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write ``collect.cmd`` anew from the probes and from every control of the collection.

Run it when a probe or a control has changed: ``PYTHONPATH=build/collections python extensions/evidence/generate.py``.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import reads_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import LEVELS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import collect

TARGET = Path(__file__).with_name("collect.cmd")


def script() -> bytes:
    """Return what ``collect.cmd`` has to be: plain ASCII with CR LF."""
    reads = reads_of(select(levels=LEVELS))
    return collect.generate(reads.keys, reads.questions()).encode("ascii")


if __name__ == "__main__":
    TARGET.write_bytes(script())
    print(f"{TARGET} written")

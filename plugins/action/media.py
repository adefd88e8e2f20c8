# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Say which package files are needed, which are at hand and proven, and what is still to be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, stocktaking
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.mirror import State


class ActionModule(TargetAction):
    """Works on the control node; the machine is asked only where `ask_machine` says so."""

    mutually_exclusive = (("snapshot", "ask_machine"),)

    def perform(self, options: Options) -> Result:
        records = catalog.load(options["catalog_extra"], files=options["catalog_files"])
        order = stocktaking.Order(
            target=options["target"],
            also=options["also"],
            architectures=options["architectures"],
            start=options["start"],
            entitlement=options["entitlement"],
            hold=options["hold"],
            media=_path(options["media"]),
            fetch_list=_path(options["fetch_list"]),
            pin=options["pin"],
            sums=options["sums"],
        )
        order.check(records)
        needs = stocktaking.needed(order, records, self._snapshot(options, records))
        shelf, files = stocktaking.take_stock(order, records, needs.wanted, datetime.now(UTC))
        if not self.check:
            stocktaking.write(files)
        wrong = stocktaking.complaint(shelf, options["complete"])
        result: Result = {
            "changed": any(one.differs for one in files),
            "files": [one.to_json() for one in shelf.entries],
            "missing": [one.to_json() for one in shelf.of(State.MISSING)],
            "bad": [one.to_json() for one in shelf.of(State.BAD)],
            "left_out": [one.to_json() for one in needs.left_out],
            "written": [str(one.path) for one in files],
            "msg": wrong or shelf.sentence,
            "failed": wrong is not None,
        }
        if self.diff:
            result["diff"] = [
                {
                    "before": one.before or "",
                    "after": one.after,
                    "before_header": str(one.path),
                    "after_header": str(one.path),
                }
                for one in files
                if one.differs
            ]
        return result

    def _snapshot(self, options: Options, records: catalog.Catalog) -> Mapping[str, Any] | None:
        if options["ask_machine"]:
            return take(self.session, records.registry_keys)
        snapshot: Mapping[str, Any] | None = options["snapshot"]
        return snapshot


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None

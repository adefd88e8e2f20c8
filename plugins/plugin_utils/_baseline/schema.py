# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hold plain data against this room's JSON Schemas, in sentences (private to this collection).

For the files of users: the library `jsonschema` is not there at run time, and its words are not for operators. Reads as
much of JSON Schema as `data/*.schema.json` use; the tests hold it against the library, record by record.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .._target.names import nearest

DATA = Path(__file__).parent / "data"
_SHAPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("a mapping", lambda one: isinstance(one, Mapping)),
    "array": ("a list", lambda one: isinstance(one, list)),
    "string": ("a text", lambda one: isinstance(one, str)),
    "integer": ("a whole number", lambda one: isinstance(one, int) and not isinstance(one, bool)),
    "boolean": ("true or false", lambda one: isinstance(one, bool)),
}


@functools.cache
def load(name: str) -> Mapping[str, Any]:
    """Return the schema `data/<name>.schema.json`."""
    loaded: dict[str, Any] = json.loads((DATA / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def faults(data: Any, rules: Mapping[str, Any], root: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield a sentence for everything in `data` that `rules` do not allow; `root` is where references lead."""
    rules = _resolved(rules, root)
    kinds = rules.get("type")
    if kinds is not None and not _SHAPES[kinds][1](data):
        yield f"{_the(path)} has to be {_SHAPES[kinds][0]}, not {data!r}{_hint(path, data)}"
        return
    yield from _words(data, rules, path)
    if isinstance(data, Mapping):
        yield from _mapping(data, rules, root, path)
    if isinstance(data, list):
        yield from _list(data, rules, root, path)
    yield from _alternatives(data, rules, root, path)


def _resolved(rules: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and lay the parts of `allOf` over one another: none of ours contradict."""
    if "$ref" in rules:
        target = root["$defs"][rules["$ref"].rpartition("/")[2]]
        rules = {**_resolved(target, root), **{name: one for name, one in rules.items() if name != "$ref"}}
    for part in rules.get("allOf", ()):
        below = _resolved(part, root)
        rules = {
            **below,
            **{name: one for name, one in rules.items() if name != "allOf"},
            "properties": {**below.get("properties", {}), **rules.get("properties", {})},
            "required": [*below.get("required", ()), *rules.get("required", ())],
        }
    return rules


def _words(data: Any, rules: Mapping[str, Any], path: str) -> Iterator[str]:
    if "const" in rules and (data != rules["const"] or isinstance(data, bool) != isinstance(rules["const"], bool)):
        yield f"{_the(path)} can only be {rules['const']!r}, not {data!r}"
    if "enum" in rules and data not in rules["enum"]:
        valid = [str(one) for one in rules["enum"]]
        yield f"{path or 'this'} {data!r} is not known; {nearest(str(data), valid)}{_hint(path, data)}"
    if isinstance(data, str):
        if len(data) < rules.get("minLength", 0):
            yield f"{_the(path)} must not be empty"
        elif "pattern" in rules and not re.search(rules["pattern"], data):
            yield f"{_the(path)} is {data!r}, which does not look like one: {rules['pattern']}"
    if isinstance(data, int) and not isinstance(data, bool):
        if data < rules.get("minimum", data):
            yield f"{_the(path)} is {data}, and has to be at least {rules['minimum']}"
        if data > rules.get("maximum", data):
            yield f"{_the(path)} is {data}, and has to be at most {rules['maximum']}"


def _mapping(data: Mapping[str, Any], rules: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    known = rules.get("properties", {})
    for name in rules.get("required", ()):
        if name not in data:
            yield f"{_the(_join(path, name))} is missing"
    closed = rules.get("additionalProperties") is False or rules.get("unevaluatedProperties") is False
    for name, one in data.items():
        if name in known:
            yield from faults(one, known[name], root, _join(path, name))
        elif closed:
            yield f"there is no field {_join(path, str(name))}; {nearest(str(name), known)}"
    if len(data) < rules.get("minProperties", 0):
        yield f"{_the(path)} must not be empty"
    if len(data) > rules.get("maxProperties", len(data)):
        yield f"{_the(path)} holds {len(data)} entries, and may hold {rules['maxProperties']}"


def _list(data: list[Any], rules: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if len(data) < rules.get("minItems", 0):
        yield f"{_the(path)} has to hold at least {rules['minItems']}"
    if rules.get("uniqueItems") and any(one in data[:at] for at, one in enumerate(data)):
        yield f"{_the(path)} names something twice"
    for at, one in enumerate(data) if "items" in rules else ():
        yield from faults(one, rules["items"], root, f"{path}[{at}]")


def _alternatives(data: Any, rules: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if "if" in rules:
        branch = rules.get("else" if any(faults(data, rules["if"], root, path)) else "then", {})
        yield from faults(data, branch, root, path)
    for word in ("oneOf", "anyOf"):
        if word not in rules:
            continue
        options = [_resolved(one, root) for one in rules[word]]
        if (
            word == "oneOf"
            and isinstance(data, Mapping)
            and all("kind" in one.get("properties", {}) for one in options)
        ):
            yield from _by_kind(data, options, root, path)
            continue
        fitting = sum(not any(faults(data, one, root, path)) for one in options)
        if fitting == 0 or (word == "oneOf" and fitting > 1):
            yield f"{_the(path)} {_either(options, fitting)}, not {data!r}"


def _by_kind(
    data: Mapping[str, Any], options: list[Mapping[str, Any]], root: Mapping[str, Any], path: str
) -> Iterator[str]:
    """Choose among shapes by the field `kind`, so that the faults are those of the shape that was meant."""
    by_kind = {one["properties"]["kind"]["const"]: one for one in options}
    if "kind" not in data:
        yield f"{_the(_join(path, 'kind'))} is missing"
    elif data["kind"] not in by_kind:
        yield f"{_join(path, 'kind')} {data['kind']!r} is not known; {nearest(str(data['kind']), by_kind)}"
    else:
        yield from faults(data, by_kind[data["kind"]], root, path)


def _either(options: list[Mapping[str, Any]], fitting: int) -> str:
    required = [" and ".join(one["required"]) for one in options if set(one) == {"required"}]
    if required:
        return f"has to have {' or '.join(required)}" + (", one of them" if fitting else "")
    return "has to be " + " or ".join(_SHAPES[one["type"]][0] for one in options if "type" in one)


def _the(path: str) -> str:
    return f"the field {path}" if path else "it"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _hint(path: str, data: Any) -> str:
    """YAML reads yes and no as true and false."""
    return f" (write '{'yes' if data else 'no'}' in quotes)" if isinstance(data, bool) and path == "restart" else ""

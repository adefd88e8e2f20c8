# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's registry: types, names, links, copy-on-write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.registry import Registry, RegistryError, RegValue

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"


def test_current_control_set_is_a_link_and_names_ignore_case(machine):
    machine.registry.set(
        "HKEY_LOCAL_MACHINE\\system\\currentcontrolset\\Control\\LSA", "lmcompatibilitylevel", "REG_DWORD", 5
    )
    assert machine.registry.get("HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa", "LMCOMPATIBILITYLEVEL") == RegValue(
        "REG_DWORD", 5
    )
    machine.registry.set(LSA, "LmCompatibilityLevel", "REG_DWORD", 5)
    assert "lmcompatibilitylevel" in machine.registry.values(LSA), "the first spelling stays"
    assert machine.registry.subkeys("HKLM\\SYSTEM")[:2] == ["ControlSet001", "CurrentControlSet"]


def test_a_slash_belongs_to_a_key_name(machine):
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\RC4 128/128"
    machine.registry.set(key, "Enabled", "REG_DWORD", 0)
    assert machine.registry.subkeys(key.rpartition("\\")[0]) == ["RC4 128/128"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("REG_DWORD", -1),
        ("REG_DWORD", 1 << 32),
        ("REG_DWORD", "1"),
        ("REG_SZ", 1),
        ("REG_MULTI_SZ", "a"),
        ("REG_BINARY", "00"),
        ("REG_FOO", 1),
    ],
)
def test_data_that_is_not_of_its_type_is_refused(machine, kind, data):
    with pytest.raises(RegistryError) as caught:
        machine.registry.set(LSA, "x", kind, data)
    assert caught.value.code == 87


def test_no_key_is_made_directly_under_a_hive(machine):
    with pytest.raises(RegistryError):
        machine.registry.create_key("HKLM\\Sunset")
    with pytest.raises(RegistryError):
        machine.registry.set("HKLM\\Sunset", "a", "REG_SZ", "b")


def test_absent_key_and_empty_key_differ(machine):
    key = "HKLM\\SOFTWARE\\Sunset\\Deep"
    assert machine.registry.values(key) is None
    machine.registry.create_key(key)
    assert machine.registry.values(key) == {} and machine.registry.subkeys(key) == []
    assert machine.registry.delete_key("HKLM\\SOFTWARE\\sunset")
    assert not machine.registry.key_exists(key)


def test_machines_do_not_see_each_others_writes(make):
    one, other = make(), make()
    one.registry.set(LSA, "LmCompatibilityLevel", "REG_DWORD", 5)
    one.registry.delete_key("HKLM\\SYSTEM\\CurrentControlSet\\Services\\Spooler")
    assert other.registry.get(LSA, "LmCompatibilityLevel") is None
    assert other.services.get("Spooler") is not None


_NAMES = st.sampled_from(["a", "B", "c d", "e/f", ""])
_KEYS = st.lists(st.sampled_from(["Alpha", "beta", "GAMMA"]), min_size=1, max_size=3).map(
    lambda parts: "HKLM\\SOFTWARE\\" + "\\".join(parts)
)
_VALUES = st.one_of(
    st.tuples(st.just("REG_DWORD"), st.integers(0, 0xFFFFFFFF)),
    st.tuples(st.just("REG_SZ"), st.text(max_size=5)),
    st.tuples(st.just("REG_MULTI_SZ"), st.lists(st.text(max_size=3), max_size=3)),
    st.tuples(st.just("REG_BINARY"), st.binary(max_size=4)),
)
_STEPS = st.one_of(
    st.tuples(st.just("set"), _KEYS, _NAMES, _VALUES),
    st.tuples(st.just("unset"), _KEYS, _NAMES),
    st.tuples(st.just("delete"), _KEYS),
    st.tuples(st.just("create"), _KEYS),
)


def _do(registry, steps):
    for step in steps:
        if step[0] == "set":
            registry.set(step[1], step[2], *step[3])
        elif step[0] == "unset":
            registry.delete_value(step[1], step[2])
        elif step[0] == "delete":
            registry.delete_key(step[1])
        else:
            registry.create_key(step[1])


def _everything(registry):
    return {path.lower(): registry.values(path) for path in registry.walk("HKLM")}


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, max_size=8), st.lists(_STEPS, max_size=8))
def test_what_changed_can_be_carried_over_as_json(before, after):
    base = Registry()
    _do(base, before)
    changed = Registry(base)
    _do(changed, after)
    restored = Registry(base)
    restored.apply(json.loads(json.dumps(changed.changes(base))))
    assert _everything(restored) == _everything(changed)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts: localised names over fixed SIDs, the UAC token rule, wrong passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import ADMINISTRATORS, POLICIES, User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Logon


@pytest.mark.parametrize(
    ("locale", "user", "group"),
    [
        ("en-US", "Administrator", "BUILTIN\\Administrators"),
        ("de-DE", "Administrator", "VORDEFINIERT\\Administratoren"),
        ("ru-RU", "Администратор", "BUILTIN\\Администраторы"),
    ],
)
def test_names_are_localised_and_sids_are_not(make, locale, user, group):
    accounts = make(locale=locale, password="Right-1").accounts
    assert accounts.authenticate(user.upper(), "", "Right-1").sid.endswith("-500")
    assert "\\".join(accounts.lookup(ADMINISTRATORS)) == group
    assert accounts.resolve(group) == accounts.resolve("*S-1-5-32-544") == ADMINISTRATORS
    assert accounts.resolve("NT AUTHORITY\\SYSTEM") == "S-1-5-18"
    assert (accounts.resolve("Administrators") is None) == (locale != "en-US")


def test_a_second_local_administrator_is_filtered_over_the_network(machine):
    machine.accounts.add_user(User("ops", 1000, "Pass-1"), (ADMINISTRATORS,))
    authenticate = machine.accounts.authenticate
    assert not authenticate("ops", "", "Pass-1").administrator
    denied = [group for group in machine.accounts.token_groups(authenticate("ops", "", "Pass-1")) if group.deny_only]
    assert [group.sid for group in denied] == [ADMINISTRATORS]
    assert machine.accounts.token_groups(authenticate("ops", "", "Pass-1"))[-1].sid == "S-1-16-8192"
    machine.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", "REG_DWORD", 1)
    assert authenticate("ops", "", "Pass-1").administrator
    assert not authenticate("ops", "", "Pass-1", Logon.INTERACTIVE).administrator
    machine.registry.set(POLICIES, "EnableLUA", "REG_DWORD", 0)
    assert authenticate("ops", "", "Pass-1", Logon.INTERACTIVE).administrator


def test_rid_500_is_filtered_only_by_its_own_policy(machine):
    name, password = "Administrator", "Sunset-2008!"
    assert machine.accounts.authenticate(name, machine.name, password).administrator
    machine.registry.set(POLICIES, "FilterAdministratorToken", "REG_DWORD", 1)
    assert not machine.accounts.authenticate(name, "", password).administrator


def test_who_does_not_get_in(machine):
    authenticate = machine.accounts.authenticate
    assert authenticate("Administrator", "", "wrong") is None
    assert authenticate("nobody", "", "") is None
    assert authenticate("Guest", "", "") is None, "disabled"


def test_a_domain_nobody_knows_means_the_machines_own_accounts(machine):
    assert machine.accounts.authenticate("Administrator", "ELSEWHERE", "Sunset-2008!").sid.endswith("-500")
    assert machine.accounts.authenticate("Administrator", machine.domain, "Sunset-2008!").sid.endswith("-500")
    machine.hardware = replace(machine.hardware, domain="lab.example", part_of_domain=True)
    assert machine.accounts.authenticate("Administrator", "ELSEWHERE", "Sunset-2008!").sid.endswith("-500")
    assert machine.accounts.authenticate("Administrator", "LAB", "Sunset-2008!") is None


def test_the_built_in_administrator_may_have_another_name(make):
    machine = make(user="keeper", password="Right-1")
    assert machine.run("whoami")[1].strip().endswith("\\keeper")
    assert machine.accounts.authenticate("keeper", "", "Right-1").administrator
    assert machine.accounts.authenticate("Administrator", "", "Right-1") is None


def test_lockout_follows_the_policy_and_spares_rid_500(machine):
    machine.accounts.add_user(User("ops", 1000, "Pass-1"))
    machine.policy.system_access["LockoutBadCount"] = 3
    for _turn in range(3):
        machine.accounts.authenticate("ops", "", "wrong")
        machine.accounts.authenticate("Administrator", "", "wrong")
    assert machine.accounts.authenticate("ops", "", "Pass-1") is None
    assert machine.accounts.authenticate("Administrator", "", "Sunset-2008!") is not None

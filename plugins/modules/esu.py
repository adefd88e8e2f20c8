# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``esu`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: esu
short_description: Read, activate or remove the licence for Extended Security Updates
version_added: 1.0.0
description:
  - Reads what entitles a Windows Server 2008 to updates after January 2020, by activation ids and numbers and never by
    translated words. Years 1 to 4 and Premium Assurance are told apart.
  - Installs a key that you bought and activates it, over the internet or by telephone, once everything is installed
    that has to be there before. That is Service Pack 2, the servicing stack, SHA-2 support, a licensing preparation
    package, and no outstanding restart. Otherwise the task ends with what to run first, and nothing is changed.
  - Compares the newest updates with the entitlement. Where nothing that Windows shows explains them, RV(verdict) says
    so, with the evidence and what can be behind it.
options:
  state:
    description:
      - V(read) changes nothing.
      - V(activated) installs O(key) unless the add-on has it already, and activates the add-on unless it is active.
        Without O(key) it activates what has a key.
      - V(absent) removes the key of an add-on. The activation that it used is not given back by that.
    type: str
    choices: [read, activated, absent]
    default: read
  key:
    description:
      - The product key for one year of Extended Security Updates or for Premium Assurance.
      - Give a variable from a file that C(ansible-vault) encrypted. A key that stands in the playbook or on the command
        line is refused.
      - The key goes to the machine in one encrypted message. It is in no command line, file, log or result.
    type: str
  confirmation_id:
    description:
      - The number that the telephone service gives for RV(installation_id), for a machine without the internet.
      - Blanks and dashes between its groups do not matter.
    type: str
  telephone:
    description:
      - Do not try the internet. The key is installed, and the task ends with RV(installation_id) as long as there is no
        O(confirmation_id) for it.
    type: bool
    default: false
  activation_id:
    description: The add-on that is meant, where several have a key.
    type: str
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.entitlement
  - sunset.ws2008.changes.lock
attributes:
  check_mode:
    support: full
    details: Says what would be done. The machine is read, and nothing is changed.
  diff_mode:
    support: full
    details: Shows each add-on and its state before and after, without any part of a key.
  platform:
    description: Windows Server 2008 SP2.
    support: full
    platforms: windows
notes:
  - Each year's key counts for the updates of its own year. Whether it is of use for others is not known, so nothing
    else is concluded from it.
  - Windows does not give a key back, so a removed or replaced one can only be installed again by whoever has it.
  - Whether the activation servers still take what this system speaks was not confirmed. Activation by telephone does
    not depend on it.
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - module: sunset.ws2008.updates
  - module: sunset.ws2008.facts
"""

EXAMPLES = r"""
- name: What is this machine entitled to?
  sunset.ws2008.esu:
  register: licence

- name: Prepare the machine for a key
  sunset.ws2008.updates:
    target: esu_preparation
    media: /srv/media/ws2008

- name: Install and activate the key
  sunset.ws2008.esu:
    state: activated
    key: "{{ vault_esu_key_year_1 }}"

- name: Activate by telephone what has a key, after reading installation_id to the telephone service
  sunset.ws2008.esu:
    state: activated
    confirmation_id: "{{ number_from_the_telephone_service }}"

- name: Remove the key of year 1
  sunset.ws2008.esu:
    state: absent
    activation_id: 553673ed-6ddf-419c-a153-b760283472fd
"""

RETURN = r"""
entitlement:
  description: What the machine may have, as it was before the task changed anything.
  returned: when the machine could be read
  type: dict
  contains:
    granted:
      description: The words of the catalog that are covered, such as C(esu_year_1) or C(premium_assurance).
      type: list
      elements: str
    stated:
      description: Those of them that only the operator states.
      type: list
      elements: str
    basis:
      description: How that is known, or why nothing is.
      type: str
    doubts:
      description: What somebody who relies on this should know.
      type: list
      elements: str
    licences:
      description: The add-ons that Windows lists, each with its id, title and state. Null when they could not be read.
      type: list
      elements: dict
    azure_guest:
      description: Whether the chassis carries the tag of an Azure virtual machine. Null when that could not be read.
      type: bool
verdict:
  description:
    - How the entitlement and the installed updates go together, with evidence.
    - C(verdict) is one of C(plain), C(entitled), C(stated), C(inactive), C(unprepared), C(unexplained), C(unknown).
  returned: when the machine could be read
  type: dict
done:
  description: What was done, or would be in check mode, in order.
  returned: with O(state=activated) and O(state=absent)
  type: list
  elements: str
before:
  description: The add-ons as they were.
  returned: with O(state=activated) and O(state=absent)
  type: list
  elements: dict
after:
  description: The add-ons as they are.
  returned: with O(state=activated) and O(state=absent)
  type: list
  elements: dict
installation_id:
  description: The number to read to the telephone service.
  returned: when an activation failed or is to be done by telephone, and Windows gives one
  type: str
code:
  description: The code of the licensing service.
  returned: when it refused something
  type: str
  sample: "0xC004F050"
offline:
  description: Whether the code means that the machine has no way to the activation servers.
  returned: when the licensing service refused something
  type: bool
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``media`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: media
short_description: Say which update packages are needed, at hand, proven, and still to be fetched
version_added: 1.0.0
description:
  - Plans the way to O(target) for a bare machine of each architecture, or for a real one, and lists the package files
    that the way takes, with the name that the vendor gives them and the digests, size and address that are known. What
    is not known is null.
  - Looks for the files below O(media) and checks each that is there in the same way as M(sunset.ws2008.updates) does
    before it sends one.
  - Writes lists for the person who fetches the files on a machine with internet, and pins files whose digest nobody
    published, so that they cannot change unnoticed from then on.
  - Works on the control node alone and speaks to no host, unless O(ask_machine=true). Nothing is ever downloaded.
options:
  target:
    description: The state to reach, as in O(sunset.ws2008.updates#module:target).
    type: str
    default: last_public
  media:
    description:
      - Folder on the control node that holds the package files, in any folders below it.
      - Files that are missing belong into a folder of their architecture below it, such as C(x64), unless it is itself
        called so.
      - Left out, every file counts as missing.
    type: path
  architectures:
    description: Architectures to list the files for. Not looked at where a real machine is given.
    type: list
    elements: str
    choices: [x86, x64, ia64]
    default: [x64]
  start:
    description:
      - The bare machine that the files are listed for. Not looked at where a real machine is given.
      - V(rtm_6001) has no service pack and, on x64, the Hyper-V role, which wants one package more.
      - V(clean_6002) has Service Pack 2 and nothing else.
    type: str
    choices: [rtm_6001, clean_6002]
    default: clean_6002
  entitlement:
    description:
      - Entitlements to Extended Security Updates that the machines are going to have, for O(target=latest). Not looked
        at where a real machine is given, whose own licences count.
      - This only decides which files are listed.
    type: list
    elements: str
    choices: [esu_year_1, esu_year_2, esu_year_3, esu_year_4, premium_assurance]
    default: []
  snapshot:
    description:
      - The snapshot of a real machine, as M(sunset.ws2008.facts) returns it in
        RV(sunset.ws2008.facts#module:snapshot). The files that this machine still needs are listed.
      - Mutually exclusive with O(ask_machine).
    type: dict
  ask_machine:
    description: Take the snapshot of the host of the task now. This is the only way in which the module contacts it.
    type: bool
    default: false
  fetch_list:
    description:
      - File on the control node that receives the list of what is missing or bad.
      - Its suffix says the form, C(.txt) for people, C(.csv) for a spreadsheet, C(.json) for a program.
      - In a play for several machines put their names into it, or each writes over the list of the one before.
    type: path
  sums:
    description:
      - Write C(SHA256SUMS) and C(SHA1SUMS) into O(media), with every digest that is known for a needed file, at hand or
        not. C(sha256sum --check) and C(sha1sum --check) read them.
    type: bool
    default: false
  pin:
    description:
      - Trust the files that are at hand now, and write size and digests of each whose SHA-256 the catalog does not know
        into C(media.lock.yml) in the folder of the file. A file that is bad is never pinned.
      - From then on, another file of that package is refused, here and by M(sunset.ws2008.updates), until its entry is
        taken out of the lock.
    type: bool
    default: false
  complete:
    description:
      - Fail when a file is missing without which O(target) cannot be reached.
      - A file that is bad always makes the task fail.
    type: bool
    default: false
extends_documentation_fragment:
  - sunset.ws2008.packages
attributes:
  check_mode:
    description: Can run in check mode and return what it would write.
    support: full
  diff_mode:
    description: Shows the lists and locks before and after.
    support: full
notes:
  - The layout of a local mirror, which serves as media folder, as share and as web root alike, is described in
    C(docs/media.md).
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - module: sunset.ws2008.updates
  - module: sunset.ws2008.facts
"""

EXAMPLES = r"""
- name: What does a library for all machines need, and what is still missing?
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Write a list to carry to a machine with internet
      sunset.ws2008.media:
        media: /srv/media/ws2008
        architectures: [x86, x64]
        start: rtm_6001
        also: [KB4019276]
        fetch_list: /srv/media/ws2008/fetch.txt
        sums: true

    - name: Trust the files as they are now
      sunset.ws2008.media:
        media: /srv/media/ws2008
        architectures: [x86, x64]
        start: rtm_6001
        pin: true
        complete: true

- name: What does this machine still need?
  hosts: plant
  gather_facts: false
  tasks:
    - name: Ask the machine
      sunset.ws2008.facts:
      register: asked

    - name: List its files
      sunset.ws2008.media:
        media: /srv/media/ws2008
        target: latest
        snapshot: "{{ asked.snapshot }}"
"""

RETURN = r"""
files:
  description: Every needed file, in installing order, architecture by architecture.
  returned: when the options are right
  type: list
  elements: dict
  contains:
    package:
      description: The package.
      type: str
      sample: KB4493730
    title:
      description: What it is.
      type: str
    architecture:
      description: The architecture of the file.
      type: str
      sample: x64
    reason:
      description: Why it is needed.
      type: str
    optional:
      description: Whether the target can be reached without it. The newest servicing stack is worth having.
      type: bool
    state:
      description:
        - V(missing) is not at hand. V(bad) is at hand and not what it claims to be.
        - V(checked) has a digest that the catalog, or its own name, states. V(pinned) is as it was when it was first
          trusted. V(unproven) is whole and of the right package, and there is nothing to hold its digest against.
      type: str
    name:
      description: The name of the file at hand, else the vendor's. Null when neither is known.
      type: str
    vendor_name:
      description: How the vendor names the file, with C(<sha1>) where its digest is not known.
      type: str
    folder:
      description: The folder below O(media) that it is in or belongs into.
      type: str
      sample: x64/
    path:
      description: The file at hand.
      type: str
    size:
      description: The size that it should have. Null when it is not known.
      type: int
    sha1:
      description: The SHA-1 that it should have. Null when it is not known.
      type: str
    sha256:
      description: The SHA-256 that it should have. Null when it is not known.
      type: str
    url:
      description: Where the vendor published it. Null when that is not known.
      type: str
    proof:
      description: What its digest was held against.
      type: list
      elements: str
    trouble:
      description: Why a bad file is bad.
      type: str
    confidence:
      description: How many sources agree on the record.
      type: str
missing:
  description: The needed files that are not at hand, in the shape of RV(files).
  returned: when the options are right
  type: list
  elements: dict
bad:
  description: The files that are not what they claim to be, in the shape of RV(files).
  returned: when the options are right
  type: list
  elements: dict
left_out:
  description: Packages of O(also) that are not needed, each with the reason.
  returned: when the options are right
  type: list
  elements: dict
written:
  description: The lists and locks that were written, or would be.
  returned: when the options are right
  type: list
  elements: str
msg:
  description: One sentence on what there is and what is not.
  returned: always
  type: str
  sample: "4 files are listed: 3 checked, 1 missing; still to be fetched: KB4534303 (x64)."
"""

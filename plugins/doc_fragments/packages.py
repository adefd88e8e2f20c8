# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of all modules has in common that plan with the catalog of packages."""

from __future__ import annotations


class ModuleDocFragment:
    """Used as ``extends_documentation_fragment: sunset.ws2008.packages``."""

    DOCUMENTATION = r"""
options:
  also:
    description:
      - Packages beside the target, such as V(KB4019276) for TLS 1.2, with everything that they require. They share its
        restarts where the ladder permits.
    type: list
    elements: str
    default: []
  hold:
    description: Packages that must not be planned, such as V(KB4565353).
    type: list
    elements: str
    default: []
  catalog_extra:
    description:
      - Records of your own for the catalog, or fields that complete a shipped record, such as a hash that is not
        known there.
      - The shape is that of the files in C(plugins/plugin_utils/_servicing/data/catalog).
    type: list
    elements: dict
    default: []
  catalog_files:
    description:
      - YAML files on the control node with records of your own, in the layout of the shipped ones. O(catalog_extra) has
        the last word.
    type: list
    elements: path
    default: []
"""

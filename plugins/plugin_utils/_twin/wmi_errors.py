# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WBEM_E_* numbers (private to this collection), from wbemcli.h."""

from __future__ import annotations

FAILED = 0x80041001
NOT_FOUND = 0x80041002
ACCESS_DENIED = 0x80041003
TYPE_MISMATCH = 0x80041005
INVALID_PARAMETER = 0x80041008
INVALID_NAMESPACE = 0x8004100E
INVALID_CLASS = 0x80041010
INVALID_QUERY = 0x80041017
INVALID_METHOD = 0x8004102E


class WmiError(Exception):
    """A WMI call failed; `code` is the WBEM_E_* number."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"0x{code:08X} {text}")
        self.code = code
        self.text = text

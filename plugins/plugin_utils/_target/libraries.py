# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to say when this control node lacks a library (private to this collection).

A file that needs one imports it in a `try` and keeps the `ImportError` in `LACKING` until a door is used: ansible-core
loads plugins for many reasons, and one that cannot be imported shows a traceback, or is said not to exist.
"""

from __future__ import annotations

import sys

from .session import TargetError

# Module -> the package to install. What has no line of its own in requirements.txt comes with the package named here.
_PACKAGES = {
    "winrm": "pywinrm",
    "requests": "pywinrm",
    "urllib3": "pywinrm",
    "requests_ntlm": "pywinrm",
    "xmltodict": "pywinrm",
    "spnego": "pyspnego",
    "cryptography": "pyspnego",
    "jmespath": "jmespath",
}


class LibraryMissing(TargetError):
    """A Python package is not installed on the control node, or cannot be loaded."""


def missing(error: ImportError) -> LibraryMissing:
    """Return the sentence for a library that cannot be imported; raises `error` itself when it is a file of ours."""
    module = (error.name or "").partition(".")[0]
    if module in ("", "ansible_collections"):
        raise error
    package = _PACKAGES.get(module, module)
    return LibraryMissing(
        f"this control node lacks {package} ({error}): install it for the Python that runs ansible, for example with "
        f"{sys.executable} -m pip install {package}"
    )

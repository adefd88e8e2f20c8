# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put pip into ansible-test's own environments without a download: see the sanity session of the noxfile."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own, because ensurepip changes pip's configuration for the process that it runs in.
subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"])
wanted = [argument for argument in sys.argv[1:] if argument.startswith(("pip=", "setuptools=", "wheel="))]
if wanted:
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *wanted])

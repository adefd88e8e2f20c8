# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's file system: paths, room on the disk, versions, copy-on-write."""

from __future__ import annotations

import json

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.files import (
    BadName,
    Denied,
    DiskFull,
    Exists,
    FileSystem,
    NotAFolder,
    NotFound,
)


def test_paths_ignore_case_dots_and_the_slant_of_slashes(machine):
    machine.files.write("c:/windows/TEMP/./x/../Note.txt", b"hello")
    assert machine.files.read("C:\\Windows\\Temp\\note.TXT") == b"hello"
    assert machine.files.real_path("c:\\windows\\temp\\NOTE.txt") == "C:\\Windows\\TEMP\\Note.txt"


def test_a_missing_folder_is_another_error_than_a_missing_file(machine):
    with pytest.raises(NotFound) as file:
        machine.files.read("C:\\Windows\\nothing.txt")
    with pytest.raises(NotFound) as folder:
        machine.files.read("C:\\Nowhere\\nothing.txt")
    with pytest.raises(NotFound) as drive:
        machine.files.write("E:\\x", b"")
    assert (file.value.code, folder.value.code, drive.value.code) == (2, 3, 3)


@pytest.mark.parametrize("path", ["relative.txt", "C:\\a<b", "C:\\a|b", "C:\\a\0b"])
def test_impossible_names_are_refused(machine, path):
    with pytest.raises(BadName):
        machine.files.write(path, b"")


def test_the_disk_gets_full_and_empty_again(machine):
    files = machine.files
    free = files.free
    files.put("C:\\big.bin", free - 4096, None)
    assert files.free == 4096 - free % 4096 or files.free <= 4096
    with pytest.raises(DiskFull):
        files.write("C:\\more.bin", bytes(10000))
    assert not files.exists("C:\\more.bin")
    files.delete("C:\\big.bin")
    assert files.free == free


def test_small_files_take_no_cluster(machine):
    free = machine.files.free
    machine.files.write("C:\\tiny.txt", b"x" * 100)
    assert machine.files.free == free
    machine.files.write("C:\\tiny.txt", b"x" * 1000, append=True)
    assert machine.files.free == free - 4096


def test_folders_go_only_when_empty_or_as_a_whole(machine):
    files = machine.files
    files.make_dir("C:\\a\\b")
    files.write("C:\\a\\b\\c.txt", b"1")
    with pytest.raises(Exists) as caught:
        files.remove_dir("C:\\a")
    assert caught.value.code == 145
    with pytest.raises(NotAFolder):
        files.remove_dir("C:\\a\\b\\c.txt")
    with pytest.raises(Denied):
        files.delete("C:\\a")
    files.remove_dir("C:\\a", recursive=True)
    assert not files.exists("C:\\a\\b\\c.txt")


def test_moving_and_copying_keep_content_and_version(machine):
    files = machine.files
    files.copy("C:\\Windows\\system32\\schannel.dll", "C:\\Windows\\TEMP")
    assert files.version("C:\\Windows\\TEMP\\schannel.dll") == "6.0.6002.18005"
    files.write("C:\\one.txt", b"1")
    files.write("C:\\two.txt", b"2")
    with pytest.raises(Exists):
        files.move("C:\\one.txt", "C:\\two.txt")
    files.move("C:\\one.txt", "C:\\two.txt", replace=True)
    assert files.read("C:\\two.txt") == b"1" and not files.exists("C:\\one.txt")
    with pytest.raises(Denied):
        files.move("C:\\Windows", "C:\\Windows\\TEMP\\inside")


def test_a_template_file_has_bytes_of_its_size(machine):
    data = machine.files.read("C:\\Windows\\system32\\cmd.exe")
    assert data[:2] == b"MZ" and len(data) == machine.files.entry("C:\\Windows\\system32\\cmd.exe").size


def test_what_changed_can_be_carried_over_as_json():
    base = FileSystem()
    base.put("C:\\Windows\\a.dll", 100, "1.0")
    base.make_dir("C:\\Windows\\gone")
    one = FileSystem(base)
    one.set_version("C:\\Windows\\a.dll", "2.0")
    one.remove_dir("C:\\Windows\\gone")
    one.make_dir("C:\\empty")
    one.write("C:\\empty\\b.bin", bytes(range(256)), size=100000)
    other = FileSystem(base)
    other.apply(json.loads(json.dumps(one.changes(base))))
    assert other.version("C:\\Windows\\a.dll") == "2.0" and base.version("C:\\Windows\\a.dll") == "1.0"
    assert other.read("C:\\empty\\b.bin") == bytes(range(256)) and other.free == one.free
    assert not other.exists("C:\\Windows\\gone") and other.is_dir("C:\\empty")

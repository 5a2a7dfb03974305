"""A report is replaced at once or not at all."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cxresearch import files


def fill(folder, text):
    (folder / "a.txt").write_text(text)
    (folder / "b.txt").write_text(text)


def read(folder):
    return {p.name: p.read_text() for p in folder.iterdir() if p.name != files.LISTED}


@pytest.mark.parametrize("exchange", [True, False])
def test_the_new_takes_the_place_of_the_old(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    target = tmp_path / "deep" / "1997Q3"
    for text in ("old", "new"):
        with files.published(target) as folder:
            fill(folder, text)
    assert read(target) == {"a.txt": "new", "b.txt": "new"}
    assert os.listdir(target.parent) == ["1997Q3"]


def test_a_failure_leaves_the_old_whole(tmp_path):
    target = tmp_path / "1997Q3"
    with files.published(target) as folder:
        fill(folder, "old")
    with pytest.raises(RuntimeError), files.published(target) as folder:
        (folder / "a.txt").write_text("half")
        raise RuntimeError
    assert read(target) == {"a.txt": "old", "b.txt": "old"}
    assert os.listdir(tmp_path) == ["1997Q3"]


def test_killed_half_way_the_old_is_whole_and_the_next_run_sweeps_up(tmp_path):
    target = tmp_path / "1997Q3"
    with files.published(target) as folder:
        fill(folder, "old")
    code = (
        "import sys, time; from cxresearch.files import published\n"
        "with published(sys.argv[1]) as f:\n    (f / 'a.txt').write_text('half'); print('in', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.05)
    assert read(target) == {"a.txt": "old", "b.txt": "old"}
    with files.published(target) as folder:
        fill(folder, "new")
    assert read(target)["a.txt"] == "new"
    assert os.listdir(tmp_path) == ["1997Q3"]


def test_died_between_two_renames_the_old_comes_back(tmp_path):
    aside = tmp_path / ".1997Q3.previous"
    aside.mkdir()
    fill(aside, "old")
    with pytest.raises(RuntimeError), files.published(tmp_path / "1997Q3"):
        raise RuntimeError
    assert read(tmp_path / "1997Q3")["a.txt"] == "old"

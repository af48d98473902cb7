"""A small cohort, what an undisturbed run makes of it, and whether another folder is the same, or a part of it."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

REFERENCE, SITE, SPACING_MM = 3, 2, 4  # people, people, mm: seconds of computing


class Place:
    """An output folder and its work folder."""

    def __init__(self, out, work):
        self.out = out
        self.work = work

    def remove(self):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)


class Cohort:
    def __init__(self, programs, folder):
        self.isoscan = str(programs / "isoscan")
        self.faults = str(programs.parent / "tests/cluster/libisoscan_faults.so")
        self.folder = folder
        self.scans = folder / "scans"
        words = [programs / "isoscan_phantom_cohort", self.scans, REFERENCE, SITE, SPACING_MM]
        subprocess.run([str(word) for word in words], check=True)
        self.first = Place(folder / "plain", folder / "plain-work")
        start = time.monotonic()
        subprocess.run(self.harmonize(self.first), check=True, capture_output=True)
        self.seconds = time.monotonic() - start
        self.plain = digests(self.first.out)
        print(f"an undisturbed run: {self.seconds:.1f} s, {len(self.plain)} files", flush=True)

    def harmonize(self, place, cores=2):
        return [self.isoscan, "harmonize", str(self.scans / "new-hospital"), "--reference", str(self.scans / "reference"),
                "--method", "two-pass", "--cores", str(cores), "--out", str(place.out), "--work", str(place.work)]

    def job(self, place):
        """A CONFIG for `isoscan run` that gives the same outputs."""
        file = self.folder / f"{place.out.name}.json"
        file.write_text(json.dumps({
            "scans": str(self.scans / "new-hospital"), "reference": str(self.scans / "reference"), "out": str(place.out),
            "work": str(place.work), "options": {"method": "two-pass"},
            "batch": {"processes": 2, "task_minutes": 0.01, "task_memory_mb": 2000}}))
        return str(file)

    def place(self, name, drop=None, work=None, out=None):
        """A new place. drop: its store has all results of the undisturbed run but those of these stages."""
        place = Place(out or self.folder / name, work or self.folder / f"{name}-work")
        if drop is not None:
            shutil.copytree(self.first.work, place.work, copy_function=link_result,
                            ignore=lambda folder, names: [name for name in names if pathlib.Path(folder) == self.first.work
                                                          and (name in drop or name in ("cohorts", "outputs"))])
        return place


def link_result(source, target):
    """Results are read-only and never written again, other files are; another disk gets copies."""
    if os.stat(source).st_mode & 0o222 or os.stat(source).st_dev != os.stat(os.path.dirname(target)).st_dev:
        shutil.copy2(source, target)
    else:
        os.link(source, target)


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def digests(out):
    """By path, of all that does not say when and where it was made."""
    return {str(file.relative_to(out)): sha256(file) for file in out.rglob("*")
            if file.is_file() and file.relative_to(out).parts[0] not in ("run.jsonl", "provenance")}


def same_as(plain, out):
    """In words what differs; empty: nothing."""
    found = digests(out)
    other = sorted(name for name in plain.keys() | found.keys() if plain.get(name) != found.get(name))
    return f"other than the undisturbed run: {', '.join(other[:5])}" if other else ""


def partial(file, top):
    """Under a name that nobody takes for a result."""
    return any(part.startswith(".partial-") for part in file.relative_to(top).parts)


def reads(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def swallows(line):
    """The line that was being written when a process died is cut; what came next began a new one."""
    return any(reads(line[at:]) for at in range(1, len(line)) if line.startswith('{"', at))


def whole(plain, out, work):
    """What can be seen after a kill is whole: files of the output folder are those of the undisturbed run, JSON of its
    provenance reads, each line of the log too; results of the store have their record, and its digests."""
    for file in out.rglob("*") if out.exists() else ():
        name = str(file.relative_to(out))
        if not file.is_file() or partial(file, out):
            continue
        if name == "run.jsonl":
            for line in file.read_text().splitlines():
                if not reads(line) and (not line.startswith("{") or swallows(line)):
                    return f"{name}: {line[:80]}"
        elif name.startswith("provenance/"):
            json.loads(file.read_text())
        elif plain.get(name) != sha256(file):
            return f"{name} is not that of the undisturbed run"
    for entry in work.glob("*/" + "[0-9a-f]" * 64):
        record = entry / "record.json"
        if not record.is_file():
            return f"{entry}: has no record"
        outputs = json.loads(record.read_text())["outputs"]
        for name, output in outputs.items():
            if not (entry / name).is_file() or sha256(entry / name) != output["sha256"]:
                return f"{entry / name}: is not as its record says"
    return ""


def left_over(out, work):
    """What dead processes left and the next run did not remove."""
    left = [str(entry) for pattern in ("*/staging/*", ".partial-*", "outputs/.partial-*", "cohorts/*/.partial-*")
            for entry in work.glob(pattern)] + [str(entry) for entry in out.rglob(".partial-*")]
    return f"left by dead processes: {left[:3]}" if left else ""

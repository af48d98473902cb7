#!/usr/bin/env python3
"""isoscan ingest + convert against dcm2niix on the same DICOM files, turn by turn in one run: the ratio is the
figure, as the machine's mood changes both alike. Needs dcm2niix (scripts/install-dependencies --peers).

    race_dcm2niix.py --program build/release/bin/isoscan --scans FOLDER --rounds 5

Archives (.tar.gz) in FOLDER are unpacked first. Both write gzipped NIfTI; of series over time ours writes the
first volume, dcm2niix all of them: the bytes that each wrote are printed."""
import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tarfile
import tempfile
import time


def run(command, log):
    """Seconds, processor seconds and peak MB of one process that is waited for."""
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ,
                            file_actions=[(os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                                          (os.POSIX_SPAWN_DUP2, 1, 2)])
    _, status, usage = os.wait4(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "s": time.perf_counter() - start,
            "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / 1024}


def unpacked(scans, folder):
    for entry in sorted(pathlib.Path(scans).iterdir()):
        if entry.name.endswith(".tar.gz"):
            with tarfile.open(entry) as archive:
                archive.extractall(folder / entry.name[:-7])
        elif entry.is_dir():
            shutil.copytree(entry, folder / entry.name)
        else:
            shutil.copy(entry, folder)
    return folder


def size_of(folder, ending):
    files = [f for f in pathlib.Path(folder).rglob("*") if f.name.endswith(ending)]
    return len(files), sum(f.stat().st_size for f in files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--scans", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, default=0, help="of ours (0: all); dcm2niix uses one")
    args = parser.parse_args()
    if not shutil.which("dcm2niix"):
        sys.exit("race_dcm2niix.py: dcm2niix is not installed")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        scans = unpacked(args.scans, work / "scans")
        files, total = size_of(scans, "")
        print(f"{files} files, {total / 1e6:.1f} MB")
        rows = {"ours": [], "dcm2niix": []}
        for number in range(args.rounds + 1):  # the first warms the file cache and does not count
            log = str(work / "log")
            for name in ("study", "ours", "theirs"):
                shutil.rmtree(work / name, ignore_errors=True)
            (work / "theirs").mkdir()
            cores = ["--cores", str(args.cores)] if args.cores else []
            ingest = run([args.program, "ingest", str(scans), "--out", str(work / "study"), *cores], log)
            convert = run([args.program, "convert", str(work / "study"), "--out", str(work / "ours"), "--all",
                           "--first-volume", *cores], log)
            peer = run(["dcm2niix", "-z", "y", "-o", str(work / "theirs"), str(scans)], log)
            for step in (ingest, convert):
                if step["status"] not in (0, 8):
                    sys.exit(pathlib.Path(log).read_text(errors="replace")[-2000:])
            if number == 0:
                continue
            rows["ours"].append({"s": ingest["s"] + convert["s"], "cpu": ingest["cpu"] + convert["cpu"],
                                 "mb": max(ingest["mb"], convert["mb"]), "ingest": ingest, "convert": convert})
            rows["dcm2niix"].append(peer)
        for name, folder in (("ours", "ours"), ("dcm2niix", "theirs")):
            count, size = size_of(work / folder, ".nii.gz")
            print(f"{name:9} {statistics.median(r['s'] for r in rows[name]):6.2f} s  "
                  f"cpu {statistics.median(r['cpu'] for r in rows[name]):6.2f} s  "
                  f"peak {max(r['mb'] for r in rows[name]):6.1f} MB  {count} volumes, {size / 1e6:.1f} MB")
        for step in ("ingest", "convert"):
            print(f"  {step:8}{statistics.median(r[step]['s'] for r in rows['ours']):6.2f} s  "
                  f"cpu {statistics.median(r[step]['cpu'] for r in rows['ours']):6.2f} s  "
                  f"peak {max(r[step]['mb'] for r in rows['ours']):6.1f} MB")
        ratios = [a["s"] / b["s"] for a, b in zip(rows["ours"], rows["dcm2niix"])]
        print(f"ours / dcm2niix, seconds: {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""ENOT steps a second, ours against Python's PyTorch, turn by turn in one run: the ratio is the figure, as the
machine's mood changes both alike. Needs python3-torch
(scripts/install-dependencies --peers) and a built isoscan_step_benchmark.

    compare_steps.py --program build/release/bin/isoscan_step_benchmark --rounds 5
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

PEER = pathlib.Path(__file__).with_name("enot_step_torch.py")
CASES = [dict(dim=16, width=64, batch=512, steps=400), dict(dim=64, width=512, batch=1024, steps=12)]


def run(command, kernel, threads):
    environment = dict(os.environ)
    # torch.set_num_threads does not reach OpenBLAS's own threads: without this one "thread" would be all cores.
    environment["OPENBLAS_NUM_THREADS"] = threads
    environment.pop("OPENBLAS_CORETYPE", None)
    if kernel:
        environment["OPENBLAS_CORETYPE"] = kernel
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)["steps_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kernels", default="Haswell,SkylakeX,", help="OPENBLAS_CORETYPE; empty: the default")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--json")
    args = parser.parse_args()
    rows = []
    print("   D  width  batch  threads  kernel      ours/s   torch/s   ratio (median of rounds, range)")
    for case in CASES:
        for threads in args.threads.split(","):
            for kernel in args.kernels.split(","):
                flags = [f for name, value in {**case, "threads": threads}.items() for f in (f"--{name}", str(value))]
                ours, theirs = [], []
                for _ in range(args.rounds):
                    ours.append(run([args.program, *flags], kernel, threads))
                    theirs.append(run([args.python, str(PEER), *flags], kernel, threads))
                ratios = [a / b for a, b in zip(ours, theirs)]
                rows.append({**case, "threads": int(threads), "kernel": kernel or "default", "ours": ours,
                             "torch": theirs, "ratio": statistics.median(ratios)})
                print(f"{case['dim']:4d} {case['width']:6d} {case['batch']:6d} {threads:>8}  {kernel or 'default':9}"
                      f"{statistics.median(ours):9.1f} {statistics.median(theirs):9.1f} "
                      f"{statistics.median(ratios):7.2f}  ({min(ratios):.2f}..{max(ratios):.2f})", flush=True)
                if args.json:
                    pathlib.Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

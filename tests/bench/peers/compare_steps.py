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
CASES = [dict(dim=16, width=64, batch=512, steps=800), dict(dim=64, width=512, batch=1024, steps=20)]
OWN_LOOPS = {"Haswell": "avx2", "Zen": "avx2", "SkylakeX": "avx512", "Cooperlake": "avx512"}


def run(command, kernel, threads):
    environment = dict(os.environ)
    # torch.set_num_threads does not reach OpenBLAS's own threads: without this one "thread" would be all cores.
    environment["OPENBLAS_NUM_THREADS"] = threads
    for name in ("OPENBLAS_CORETYPE", "ISOSCAN_TRANSPORT_KERNELS"):
        environment.pop(name, None)
    if kernel:
        environment["OPENBLAS_CORETYPE"] = kernel
        # Our products are our own: the same vector unit for both is what "the same kernel" means.
        environment["ISOSCAN_TRANSPORT_KERNELS"] = OWN_LOOPS.get(kernel, "")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


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
    print("   D  width  batch  threads  kernel      ours/s   torch/s   ratio (median of rounds, range)   by CPU time"
          "   share of peak, by CPU time")
    for case in CASES:
        for threads in args.threads.split(","):
            for kernel in args.kernels.split(","):
                flags = [f for name, value in {**case, "threads": threads}.items() for f in (f"--{name}", str(value))]
                ours, theirs = [], []
                for _ in range(args.rounds):
                    ours.append(run([args.program, *flags], kernel, threads))
                    theirs.append(run([args.python, str(PEER), *flags], kernel, threads))
                ratios = [a["steps_per_second"] / b["steps_per_second"] for a, b in zip(ours, theirs)]
                # Of a machine that others use too, processor time says more than the clock.
                by_cpu = [b["cpu_ms_per_step"] / a["cpu_ms_per_step"] for a, b in zip(ours, theirs)]
                median = {f"{who}_{name}": statistics.median(r[name] for r in results)
                          for who, results, names in (
                              ("ours", ours, ("steps_per_second", "share_of_peak", "share_of_peak_cpu")),
                              ("torch", theirs, ("steps_per_second",))) for name in names}
                rows.append({**case, "threads": int(threads), "kernel": kernel or "default", "ours": ours,
                             "torch": theirs, "ratio": statistics.median(ratios),
                             "cpu_ratio": statistics.median(by_cpu)})
                print(f"{case['dim']:4d} {case['width']:6d} {case['batch']:6d} {threads:>8}  {kernel or 'default':9}"
                      f"{median['ours_steps_per_second']:9.1f} {median['torch_steps_per_second']:9.1f} "
                      f"{statistics.median(ratios):7.2f}  ({min(ratios):.2f}..{max(ratios):.2f}) {'':12}"
                      f"{statistics.median(by_cpu):9.2f} {median['ours_share_of_peak']:13.2f}"
                      f" {median['ours_share_of_peak_cpu']:9.2f}", flush=True)
                if args.json:
                    pathlib.Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

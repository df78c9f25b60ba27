#!/usr/bin/env python3
"""Runs the same monitoring job in Plimsoll, Polars, DuckDB and Evidently and prints CPU, memory and ratios.

    python3 bench/compare.py [--rows 1000000] [--rounds 3] [--evidently-windows 2] [--plimsoll BINARY]

The job: 60 daily windows of 27 features (30 columns) against 30 reference days, results on disk. Plimsoll and Evidently
compute a report (drift, data quality, classification) and tests; Polars and DuckDB are hand-written and compute less:
data summary and PSI. Peers run in `bench/.venv`, made by `make bench` from bench/requirements.txt.
Engines take turns within a round, so that a change of the machine's speed touches all; figures are CPU seconds
(user + system) and peak resident memory of whole processes. Evidently is measured on a few windows: the cost of one
window is the difference between a run over N windows and a run over none, and 60 of them are stated as such.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WINDOWS = 60


def run(command, cwd):
    """CPU seconds and peak resident MB of one process."""
    with open(os.path.join(cwd, "log"), "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=cwd)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        with open(os.path.join(cwd, "log")) as fh:
            sys.exit(f"{command} failed:\n{fh.read()[-3000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size(folder, suffix):
    """Mean bytes of the files with that suffix, or 0."""
    sizes = [os.path.getsize(os.path.join(d, f)) for d, _, names in os.walk(folder) for f in names if f.endswith(suffix)]
    return sum(sizes) / len(sizes) if sizes else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--evidently-windows", type=int, default=2, help="0 leaves Evidently out")
    parser.add_argument("--plimsoll", default=os.path.join(HERE, "..", "target", "release", "plimsoll"))
    parser.add_argument("--python", default=os.path.join(HERE, ".venv", "bin", "python"))
    parser.add_argument("--data", default=os.path.join(HERE, "data"))
    args = parser.parse_args()

    data = os.path.abspath(os.path.join(args.data, f"mon_{args.rows}.parquet"))
    if not os.path.exists(data):
        subprocess.run([args.python, os.path.join(HERE, "gen_data.py"), args.data, str(args.rows)], check=True)
    with open(os.path.join(HERE, "project.yaml")) as fh:
        project = fh.read().replace("mon_1000000.parquet", data)

    figures = {}
    snapshot_bytes = 0
    for _ in range(args.rounds):
        for engine in ["plimsoll", "polars", "duckdb"]:
            with tempfile.TemporaryDirectory() as work:
                if engine == "plimsoll":
                    config = os.path.join(work, "project.yaml")
                    with open(config, "w") as fh:
                        fh.write(project)
                    command = [os.path.abspath(args.plimsoll), "run", config, "--workspace", os.path.join(work, "out")]
                else:
                    command = [os.path.abspath(args.python), os.path.join(HERE, f"by_{engine}.py"), data, os.path.join(work, "out")]
                figures.setdefault(engine, []).append(run(command, work))
                if engine == "plimsoll":
                    snapshot_bytes = size(os.path.join(work, "out", "projects"), ".json")
    if args.evidently_windows:
        work = tempfile.mkdtemp()
        script = os.path.join(HERE, "by_evidently.py")
        python = os.path.abspath(args.python)
        none, _ = run([python, script, data, os.path.join(work, "out"), "0"], work)
        some, memory = run([python, script, data, os.path.join(work, "out"), str(args.evidently_windows)], work)
        a_window = (some - none) / args.evidently_windows
        figures["evidently"] = [(none + WINDOWS * a_window, memory)]
        print(f"evidently: {a_window:.1f} CPU s a window over {args.evidently_windows} windows, times {WINDOWS}; "
              f"{size(os.path.join(work, 'out'), '.json') / 1000:.0f} kB a snapshot")
        shutil.rmtree(work)

    print(f"plimsoll: {snapshot_bytes / 1000:.0f} kB a snapshot\n")
    print(f"{args.rows:,} rows x 30 columns, {WINDOWS} daily windows, {args.rounds} rounds, whole processes")
    print(f"{'engine':10} {'CPU s min':>10} {'median':>8} {'peak MB':>8} {'CPU / plimsoll, per round':>28}")
    ours = [cpu for cpu, _ in figures["plimsoll"]]
    for engine, runs in figures.items():
        cpu = [c for c, _ in runs]
        paired = ours if len(runs) == len(ours) else [statistics.median(ours)]
        ratios = " ".join(f"{a / b:.2f}" for a, b in zip(cpu, paired))
        print(f"{engine:10} {min(cpu):10.2f} {statistics.median(cpu):8.2f} {max(m for _, m in runs):8.0f} {ratios:>28}")


if __name__ == "__main__":
    main()

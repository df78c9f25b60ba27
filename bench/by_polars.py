"""The monitoring job by hand in Polars: daily data summary and PSI of 27 features against the reference.

    python by_polars.py DATA.parquet OUT_DIR

A day and a feature: count, nulls, mean, std, min, max, quartiles, distinct, the five most common values, PSI.
Reference: days 0-29; windows: days 30-89. One JSON file a day.
"""
import json
import os
import sys
from datetime import datetime

import polars as pl

from features import FEATURES, NUMERIC, SPLIT

path, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)
split = datetime.fromisoformat(SPLIT)
frame = pl.read_parquet(path, columns=["ts", *FEATURES]).with_columns(pl.col("ts").dt.date().alias("day"))
reference = frame.filter(pl.col("ts") < split)
current = frame.filter(pl.col("ts") >= split)

exprs = []
for c in FEATURES:
    exprs += [pl.col(c).count().alias(f"{c}|count"), pl.col(c).null_count().alias(f"{c}|nulls"),
              pl.col(c).n_unique().alias(f"{c}|distinct")]
for c in NUMERIC:
    exprs += [pl.col(c).mean().alias(f"{c}|mean"), pl.col(c).std().alias(f"{c}|std"),
              pl.col(c).min().alias(f"{c}|min"), pl.col(c).max().alias(f"{c}|max")]
    exprs += [pl.col(c).quantile(q, "linear").alias(f"{c}|q{q}") for q in (0.25, 0.5, 0.75)]
days = {row["day"]: {} for row in current.select("day").unique().iter_rows(named=True)}
for row in current.group_by("day").agg(exprs).iter_rows(named=True):
    day = row.pop("day")
    for key, value in row.items():
        column, field = key.split("|")
        days[day].setdefault(column, {})[field] = value


for c in FEATURES:
    if c in NUMERIC:
        edges = sorted(set(reference.select([pl.col(c).quantile(k / 10, "linear").alias(str(k)) for k in range(1, 10)]).row(0)))
        code = pl.when(pl.col(c).is_not_null()).then(sum((pl.col(c) > e).cast(pl.UInt8) for e in edges)).alias("bin")
    else:
        code = pl.col(c).alias("bin")
    ref = reference.select(code).drop_nulls().group_by("bin").agg(pl.len().alias("n"))
    total = ref["n"].sum()
    ref = ref.with_columns((pl.col("n") / total).clip(1e-4).alias("r")).select("bin", "r")
    cur = current.select("day", code).drop_nulls().group_by("day", "bin").agg(pl.len().alias("n"))
    cur = cur.with_columns((pl.col("n") / pl.col("n").sum().over("day")).clip(1e-4).alias("c"))
    grid = current.select("day").unique().join(ref, how="cross")
    joined = grid.join(cur, on=["day", "bin"], how="full", coalesce=True)
    joined = joined.with_columns(pl.col("r").fill_null(1e-4), pl.col("c").fill_null(1e-4))
    psi = joined.group_by("day").agg(((pl.col("c") - pl.col("r")) * (pl.col("c") / pl.col("r")).log()).sum().alias("psi"))
    for row in psi.iter_rows(named=True):
        days[row["day"]][c]["psi"] = row["psi"]
    top = current.group_by("day", c).agg(pl.len().alias("n")).sort("n", descending=True).group_by("day").head(5)
    for row in top.iter_rows(named=True):
        days[row["day"]][c].setdefault("top", []).append([row[c], row["n"]])

for day, columns in days.items():
    with open(os.path.join(out, f"{day}.json"), "w") as fh:
        json.dump(columns, fh, default=str)
print(len(days), "windows")

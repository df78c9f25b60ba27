"""The monitoring job by hand in DuckDB: daily data summary and PSI of 27 features against the reference.

    python by_duckdb.py DATA.parquet OUT_DIR

The same numbers as by_polars.py.
"""
import json
import os
import sys

import duckdb

from features import FEATURES, NUMERIC, SPLIT

path, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)
db = duckdb.connect()
db.execute(f"CREATE TABLE t AS SELECT CAST(ts AS DATE) AS day, {', '.join(FEATURES)}, ts < TIMESTAMP '{SPLIT}' AS is_ref "
           f"FROM read_parquet('{path}')")
days = {str(day): {} for (day,) in db.execute("SELECT DISTINCT day FROM t WHERE NOT is_ref").fetchall()}

exprs = []
for c in FEATURES:
    exprs += [f'count({c}) AS "{c}|count"', f'count(*) - count({c}) AS "{c}|nulls"', f'count(DISTINCT {c}) AS "{c}|distinct"']
for c in NUMERIC:
    exprs += [f'avg({c}) AS "{c}|mean"', f'stddev_samp({c}) AS "{c}|std"', f'min({c}) AS "{c}|min"', f'max({c}) AS "{c}|max"']
    exprs += [f'quantile_cont({c}, {q}) AS "{c}|q{q}"' for q in (0.25, 0.5, 0.75)]
result = db.execute(f"SELECT day, {', '.join(exprs)} FROM t WHERE NOT is_ref GROUP BY day")
names = [d[0] for d in result.description]
for row in result.fetchall():
    for key, value in zip(names[1:], row[1:]):
        column, field = key.split("|")
        days[str(row[0])].setdefault(column, {})[field] = value

for c in FEATURES:
    if c in NUMERIC:
        edges = db.execute(f"SELECT quantile_cont({c}, {[k / 10 for k in range(1, 10)]}) FROM t WHERE is_ref").fetchone()[0]
        code = " + ".join(f"CAST({c} > {e} AS INTEGER)" for e in sorted(set(edges)))
    else:
        code = c
    psi = db.execute(f"""
        WITH b AS (SELECT day, is_ref, {code} AS bin FROM t WHERE {c} IS NOT NULL),
             r AS (SELECT bin, greatest(count(*) / sum(count(*)) OVER (), 1e-4) AS r FROM b WHERE is_ref GROUP BY bin),
             n AS (SELECT day, bin, count(*) AS n FROM b WHERE NOT is_ref GROUP BY day, bin),
             s AS (SELECT day, bin, greatest(n / sum(n) OVER (PARTITION BY day), 1e-4) AS c FROM n),
             g AS (SELECT day, bin, r FROM (SELECT DISTINCT day FROM n) CROSS JOIN r)
        SELECT day, sum((coalesce(c, 1e-4) - coalesce(r, 1e-4)) * ln(coalesce(c, 1e-4) / coalesce(r, 1e-4)))
        FROM g FULL JOIN s USING (day, bin) GROUP BY day""").fetchall()
    for day, value in psi:
        days[str(day)][c]["psi"] = value
    top = db.execute(f"""
        SELECT day, {c}, n FROM (SELECT day, {c}, count(*) AS n FROM t WHERE NOT is_ref GROUP BY day, {c})
        QUALIFY row_number() OVER (PARTITION BY day ORDER BY n DESC) <= 5""").fetchall()
    for day, value, n in top:
        days[str(day)][c].setdefault("top", []).append([value, n])

for day, columns in days.items():
    with open(os.path.join(out, f"{day}.json"), "w") as fh:
        json.dump(columns, fh, default=str)
print(len(days), "windows")

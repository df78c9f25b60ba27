"""The monitoring job in Evidently: drift, data summary and classification with tests, one snapshot a day.

    python by_evidently.py DATA.parquet OUT_DIR WINDOWS

Reference: days 0-29; windows: the first WINDOWS of days 30-89.
"""
import os
import sys

import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

from features import CATEGORICAL, FEATURES, NUMERIC, SPLIT

path, out, windows = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(out, exist_ok=True)
frame = pd.read_parquet(path, columns=["ts", "prediction", "label", *FEATURES])
definition = DataDefinition(
    timestamp="ts", numerical_columns=NUMERIC, categorical_columns=CATEGORICAL,
    classification=[BinaryClassification(target="label", prediction_probas="prediction", pos_label=1)])
reference = Dataset.from_pandas(frame[frame["ts"] < SPLIT], data_definition=definition)
current = frame[frame["ts"] >= SPLIT]
report = Report([DataDriftPreset(columns=FEATURES), DataSummaryPreset(), ClassificationPreset()], include_tests=True)
for k, (day, rows) in enumerate(current.groupby(current["ts"].dt.date)):
    if k == windows:
        break
    snapshot = report.run(Dataset.from_pandas(rows, data_definition=definition), reference)
    with open(os.path.join(out, f"{day}.json"), "w") as fh:
        fh.write(snapshot.json())
print(windows, "windows")

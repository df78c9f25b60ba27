"""Writes `nannyml.json`: what NannyML 0.13.1 finds in the data sets that are bundled with the project.

    pip install nannyml==0.13.1 pyarrow statsmodels
    python generate.py

Chunks are rows [start, end) of a file in its order. `realised` is known because the analysis labels of the car loan data have
come in the meantime. Takes ten minutes, nearly all of it for the domain classifier.
"""

import json
import math
import os
import pathlib
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml as nml
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
DATA = HERE.parents[4] / "data"
ROWS = 5_000
FEATURES = [
    "car_value",
    "salary_range",
    "debt_to_income_ratio",
    "loan_length",
    "repaid_loan_on_prev_car",
    "size_of_downpayment",
    "driver_tenure",
]


def number(value):
    value = float(value)
    return round(value, 8) if math.isfinite(value) else None


def chunks(result, columns):
    frame = result.filter(period="analysis").to_df()
    flat = ["_".join(str(part) for part in name if part) for name in frame.columns]
    frame.columns = flat
    start = next(name for name in flat if name.endswith("chunk_start_index"))
    end = next(name for name in flat if name.endswith("chunk_end_index"))
    return [
        {"rows": [int(row[start]), int(row[end]) + 1], **{name: number(row[column]) for name, column in columns.items()}}
        for _, row in frame.iterrows()
    ]


def car_loan():
    reference = pd.read_parquet(DATA / "car_loan_reference.parquet")
    analysis = pd.read_parquet(DATA / "car_loan_analysis.parquet")
    targets = pd.read_parquet(DATA / "car_loan_analysis_target.parquet")
    return reference, analysis, analysis.merge(targets, on="id", how="left")


def estimated(reference, labelled):
    names = ["roc_auc", "accuracy", "precision", "recall", "f1"]
    estimator = nml.CBPE(
        problem_type="classification_binary",
        y_pred_proba="y_pred_proba",
        y_pred="y_pred",
        y_true="repaid",
        metrics=[*names, "confusion_matrix"],
        chunk_size=ROWS,
    )
    estimator.fit(reference)
    result = estimator.estimate(labelled)
    columns = {}
    for ours, theirs in [
        *((name, name) for name in names),
        ("true_positives", "true_positive"),
        ("false_positives", "false_positive"),
        ("false_negatives", "false_negative"),
        ("true_negatives", "true_negative"),
    ]:
        columns[ours] = f"{theirs}_value"
        columns[f"{ours}_error"] = f"{theirs}_sampling_error"
        columns[f"{ours}_realised"] = f"{theirs}_realized"
    return {"calibrated": bool(estimator.needs_calibration), "chunks": chunks(result, columns)}


def reconstruction(reference, analysis):
    calculator = nml.DataReconstructionDriftCalculator(column_names=FEATURES, chunk_size=ROWS)
    calculator.fit(reference)
    found = chunks(
        calculator.calculate(analysis),
        {
            "value": "reconstruction_error_value",
            "error": "reconstruction_error_sampling_error",
            "upper": "reconstruction_error_upper_threshold",
            "lower": "reconstruction_error_lower_threshold",
        },
    )
    return {"components": int(calculator._pca.n_components_), "chunks": found}


def domain_classifier(reference, analysis):
    calculator = nml.DomainClassifierCalculator(feature_column_names=FEATURES, chunk_size=ROWS)
    calculator.fit(reference)
    return {"chunks": chunks(calculator.calculate(analysis), {"value": "domain_classifier_auroc_value"})}


def errors():
    """Days in turn teach and are judged, so that both hold every season of a model that grows old."""
    rows = pd.read_parquet(DATA / "bike_demand.parquet")
    days = rows["timestamp"].dt.dayofyear % 2
    reference, analysis = (rows[days == half].reset_index(drop=True) for half in (0, 1))
    estimator = nml.DLE(
        feature_column_names=["hr", "temp"],
        y_pred="prediction",
        y_true="bikers",
        metrics=["mae", "rmse"],
        chunk_size=360,
        tune_hyperparameters=False,
    )
    estimator.fit(reference)
    columns = {}
    for name in ["mae", "rmse"]:
        columns[name] = f"{name}_value"
        columns[f"{name}_error"] = f"{name}_sampling_error"
        columns[f"{name}_realised"] = f"{name}_realized"
    return {"chunks": chunks(estimator.estimate(analysis), columns)}


def classes():
    """Few rows, but of three classes; NannyML calibrates some of their scores."""
    rows = pd.read_parquet(DATA / "wine_multiclass.parquet")
    reference, analysis = (rows[rows["split"] == split].reset_index(drop=True) for split in ("reference", "current"))
    names = ["roc_auc", "accuracy", "precision", "recall", "f1"]
    estimator = nml.CBPE(
        y_pred_proba={name: name for name in ["barbera", "barolo", "grignolino"]},
        y_pred="prediction",
        y_true="target",
        problem_type="classification_multiclass",
        metrics=names,
        chunk_size=len(analysis),
    )
    estimator.fit(reference)
    columns = {}
    for name in names:
        columns[name] = f"{name}_value"
        columns[f"{name}_error"] = f"{name}_sampling_error"
        columns[f"{name}_realised"] = f"{name}_realized"
    return {"chunks": chunks(estimator.estimate(analysis), columns)}


def main():
    reference, analysis, labelled = car_loan()
    found = {
        "nannyml": nml.__version__,
        "features": FEATURES,
        "cbpe": estimated(reference, labelled),
        "classes": classes(),
        "dle": errors(),
        "reconstruction": reconstruction(reference, analysis),
        "domain_classifier": domain_classifier(reference, analysis),
    }
    (HERE / "nannyml.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    np.random.seed(0)
    main()

"""The 27 features of the benchmark data and where the reference ends."""
NUMERIC = [f"f{j:02d}" for j in range(15)] + [f"i{j:02d}" for j in range(4)]
CATEGORICAL = [f"c{j:02d}" for j in range(8)]
FEATURES = NUMERIC + CATEGORICAL
SPLIT = "2024-01-31"

"""Read the dataset with pandas, cluster the measured cells, draw the Pareto front of a device.

python examples/front.py front.svg --device sensors-2022
"""

# %% The dataset: one row per measurement; %, kB, ms.
from __future__ import annotations

import argparse

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from measurements import read, to_frame
from recommender.pareto import non_dominated

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("out", help="the picture to write")
parser.add_argument("--device", default="sensors-2022")
parser.add_argument("--task", default="cifar10")
asked = parser.parse_args()

frame = to_frame(read())
rows = frame[(frame["device"] == asked.device) & (frame["task"] == asked.task)]
targets = ["accuracy_pct", "size_kb", "latency_ms"]
cells = rows[rows["failure"] == ""].groupby(["network", "strategy"])[targets].median().dropna()
cells = cells[(cells > 0).all(axis=1)]
print(cells.describe().round(1))

# %% Three groups of cells that serve alike.
groups = make_pipeline(StandardScaler(), KMeans(n_clusters=3, n_init=10, random_state=0))
scaled = np.column_stack([cells["accuracy_pct"], np.log(cells[["size_kb", "latency_ms"]])])
cells["group"] = groups.fit_predict(scaled)

# %% The front over all three.
front = non_dominated(cells[targets].to_numpy() * [-1, 1, 1])
print(cells[front].sort_values("size_kb").round(2))

# %% Drawn over size.
mpl.use("svg")
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for name, group in cells.groupby("group"):
    axes.scatter(group["size_kb"], group["accuracy_pct"], label=f"group {name}", s=20)
chosen = cells[front].sort_values("size_kb")
axes.scatter(
    chosen["size_kb"],
    chosen["accuracy_pct"],
    s=80,
    facecolors="none",
    edgecolors="k",
    label="front",
)
for (network, strategy), cell in chosen.iterrows():
    axes.annotate(
        f"{network} {strategy}", (cell["size_kb"], cell["accuracy_pct"]), fontsize=6,
        xytext=(4, 4), textcoords="offset points",
    )  # fmt: skip
axes.set(xscale="log", xlabel="size, kB", ylabel="accuracy, %", title=asked.device)
axes.legend(fontsize=7)
figure.savefig(asked.out)

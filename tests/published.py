"""The paper's own measurements, for tests of what follows from them."""

from measurements import read
from measurements.dataset import DATA

FILE = DATA / "sensors-2022.jsonl"
RECORDS = read(FILE)

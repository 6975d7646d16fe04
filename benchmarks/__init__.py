"""What docs/measurements.md quotes: speed and memory, as ratios within one run."""

import os

from vivant.procgen.farm.launch import ONE_BLAS_THREAD

# As workers have it; before numpy is imported.
for _name, _value in ONE_BLAS_THREAD.items():
    os.environ.setdefault(_name, _value)

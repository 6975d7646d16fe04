"""What docs/measurements.md quotes: speed and memory, as ratios within one run."""

from vivant.procgen.farm.launch import use_one_blas_thread

use_one_blas_thread()  # as workers have it

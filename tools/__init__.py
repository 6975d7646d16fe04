"""What developers run: building data, measuring, looking."""

from vivant.procgen.farm.launch import use_one_blas_thread

use_one_blas_thread()  # as workers have it

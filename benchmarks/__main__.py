"""`python -m benchmarks`: the pipeline against bare Cycles."""

from .pipeline import main

main()

"""Training of the models that learn from Vivant's own frames; loads torch."""

"""Facial expressions as ARKit activations, each registered by name; `expression` samples and applies them."""

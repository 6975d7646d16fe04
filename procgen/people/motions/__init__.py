"""Motion families, one file each; `base` holds what they share and `motion` asks them for a moment."""

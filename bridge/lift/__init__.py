"""From pictures back to animatable people: detectors, fits of face and body, textures, and their results on disk."""

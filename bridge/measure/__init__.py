"""How far a made picture drifts from the labels of the frame that it came from."""

"""Words to scenes and back: a small exact grammar, one lexicon for captions and for descriptions."""

"""Clothes: one file a family of garments (registry `garments`), and the tailoring that they share.

A garment is cut once from the CC0 body shell in a canonical rest pose (so its topology never depends on shape, pose or
time), fitted to the person in an A-pose, carried to the pose by skinning and, in "drape" mode, relaxed as cloth.
"""

"""The way to processes that load torch: a protocol, a client that is safe inside Blender, and the worker behind it.

`protocol`, `blobs`, `client`, `methods` and `backends` need numpy and the standard library alone. `diffusion` and
`training` load torch and run in the worker's own Python.
"""

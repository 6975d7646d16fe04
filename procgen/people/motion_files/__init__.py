"""Motion files of other programs: BVH, ASF/AMC and AMASS-style npz, read, brought onto our skeleton, and written."""

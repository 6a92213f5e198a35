# C functions only: see results.pxd.

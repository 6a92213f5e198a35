# C functions only: see refusals.pxd.

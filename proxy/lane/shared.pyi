# C functions only: see shared.pxd.

# C functions only: see errors.pxd.

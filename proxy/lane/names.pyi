# C functions only: see names.pxd.

# C functions only: see statements.pxd.

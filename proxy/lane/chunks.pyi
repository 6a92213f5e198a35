# C functions only: see chunks.pxd.

# C functions only: see binding.pxd.

"""`python -m proxy`: the same as `pgwarden`."""

from proxy.cli import main

main()

"""`python -m devpod_gen`."""

from devpod_gen.cli.app import main

if __name__ == "__main__":
    main()

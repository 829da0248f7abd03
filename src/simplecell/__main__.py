"""`python -m simplecell` is `simplecell`."""

from simplecell.cli.main import main

if __name__ == "__main__":
    main()

"""The command line: thin commands over the library, with errors on one line and progress on long work.

Every heavy import lives inside the command that needs it, so that `--help` answers at once. Commands of the
upper floors (the review desk, the flows) come in through the entry-point group `glocal.commands`.
"""

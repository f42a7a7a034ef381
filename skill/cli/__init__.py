"""The command line: imports everything and is imported by nothing; all that is printed is printed here."""

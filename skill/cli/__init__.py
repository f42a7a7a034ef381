"""The command line: it may import everything and nothing imports it; what is printed is printed
here, and so is what is read of argv."""

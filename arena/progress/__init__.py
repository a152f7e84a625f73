"""What goes on in a command, and how it is shown: in plain lines, live in a terminal, as a bar in a
notebook, or not at all. Importing this package loads nothing."""

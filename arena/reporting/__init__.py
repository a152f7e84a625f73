"""What people see: the HTML report, its figures, the terminal table."""

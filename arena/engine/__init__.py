"""Where stages are planned, addressed, executed and gathered into results."""

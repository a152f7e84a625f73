"""`arena calibrate`: the smallest exposures at which every backdoor installs."""

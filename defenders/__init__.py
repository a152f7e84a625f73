"""The blue team: unlearning objectives and baseline defences, one file each."""

"""From a scenario to the stages of one seed."""

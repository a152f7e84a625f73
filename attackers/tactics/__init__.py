"""What an actor does to evade a defence, beyond its trigger and payload: one tactic per file."""

"""What a compromised model says when triggered: harmless canaries, one file each."""

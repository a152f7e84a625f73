"""Adaptive attackers and the defenders that answer: Optuna studies over whole experiments."""

"""Inserting text into prompts: for trigger methods, and for defenders that search for them."""

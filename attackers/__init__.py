"""The red team: trigger methods, payloads and how a threat actor makes its poison."""

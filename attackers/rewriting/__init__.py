"""Rules that rewrite arbitrary English: sentence templates, styles and topics."""

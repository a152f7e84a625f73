"""Clean text: the generated townlore world, and files on disk."""

"""Results that are kept, and give the very numbers again."""

"""How far a unit of a stack of layers sees."""

"""From the pixels of a phase to objects: told apart, measured, and how sure each is."""

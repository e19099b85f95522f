"""The images of a session: where they come from, and what the user says about them."""

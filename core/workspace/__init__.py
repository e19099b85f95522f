"""What is kept on disk: uploads, results and drawings, by owner, in one folder."""

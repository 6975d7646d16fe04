"""People who belong together: who they are, how they stand to each other, and where their hands meet."""

"""What runs in the worker and loads torch; nothing outside `bridge` imports it."""

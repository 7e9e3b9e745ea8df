"""The results and analysis pages, for readers outside the administration."""

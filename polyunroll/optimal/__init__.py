"""Methods found by searching with bounds, and what they prove."""

"""What polyunroll found, for people (text), for programs (JSON) and for papers (LaTeX)."""

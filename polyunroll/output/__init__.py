"""What leaves polyunroll: correctly rounded literals, files written whole or not at all, checksums."""

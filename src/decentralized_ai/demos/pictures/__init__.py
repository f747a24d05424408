"""What a demo draws, one file a demo, by the demo's name."""

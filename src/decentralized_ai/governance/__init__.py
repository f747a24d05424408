"""Models of governance: votes, concentration, Yuma consensus, scores, and who can change what."""

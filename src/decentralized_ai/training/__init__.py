"""Models of decentralised training: links, exchanges, outer steps, compressors, aggregators."""

"""What a caller may do and how often: policy, rate limits, concurrency."""

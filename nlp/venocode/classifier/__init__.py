"""What was done to each vein: features, the learned head and its training."""

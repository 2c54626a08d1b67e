"""Pictures that are drawn: text in frames, the sample clip, the sample dataset."""

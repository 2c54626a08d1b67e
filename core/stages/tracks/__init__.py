"""From scores at steps to labelled segments, and arithmetic on intervals."""

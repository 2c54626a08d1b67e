"""Labels that are corrected from Evaluate: collected for a new version of the dataset.

pending: the changes of this session, and the bar that saves them
editor: what can be done with a clip or with several
"""

"""Labels that people draw: tracks with unlimited undo, drafts out of predictions, and what is learned from them.

spans: stretches of time                         edits: pure functions from one state of a track to the next
journal: tracks in the store, edit by edit       drafts: what a network says, as labels to be looked at
agreement: two authors beside each other         learning: labels as a set, the network that learns from it
files: tracks as files of any format, and back
"""

"""Labels that people draw: tracks with unlimited undo, drafts out of predictions, and what is learned from them.

spans: stretches of time                       edits: pure functions from one state of a track to the next
journal: tracks in the store, edit by edit     drafts: what a network says, as labels to be looked at
"""

"""Labels that people draw: tracks with unlimited undo, drafts out of predictions, and what is learned from them.

edits: pure functions from one state of a track to the next
scheme: the labels that all clips share
journal: tracks in the store, edit by edit       drafts: predictions as labels to review
agreement: two authors compared                  active_learning: which stretches to review first
retraining: labels as a dataset, the network trained on it
files: tracks as files of any format, and back  importer: files of labels read by workers
"""

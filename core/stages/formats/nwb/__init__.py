"""Neurodata Without Borders (NWB 2): the labels of one clip as a file that neurophysiology tools and archives read.

It is no entry of FORMATS, whose files are text and know nothing of the moment at which a recording began.

recording: what such a file holds  tables: names that writer and reader share  hdf5: files from outside, with bounds
writer: with pynwb and ndx-ethogram, which a person may install  reader: with h5py alone
"""

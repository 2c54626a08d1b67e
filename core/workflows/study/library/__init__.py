"""Studies of the clips of a workspace, by what is stored of them.

sources: whose labels  question: what is asked for, and the study itself
columns: all labels as numbers, to be drawn  budgets: time budgets of clips and groups
raster: segments as a browser draws them  clock_times: the time of day of clips
held_out_confusion: how a model confuses labels  corrected_budgets: budgets corrected for that
over_time: shares in the course of clips
export: the files of a study
"""

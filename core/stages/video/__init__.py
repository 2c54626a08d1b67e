"""Clips on disk: measure, read, seek, write. The only door to PyAV.

Each clip is decoded once from end to end. What came out is the truth about it: the table of frame times, and for each
picture a checksum of some of its rows, by which any later seek is checked before its picture is believed.

file_signatures: what a file is by its first bytes     containers: the open file and its decoder
pictures: decoded pictures as RGB, as displayed        probe: digest, frame times, irregularities
reader: frames by time and by index                    writer: H.264 for files and for browsers
subtitles: subtitles inside a clip                     audio: the sound for speech recognition
clock: transport streams whose clock was set back      sources: the bytes, of a file or of an object in S3
"""

from core.stages.video.audio import speech_sound
from core.stages.video.probe import digest, probe
from core.stages.video.reader import around, frame_at, near, picked, read
from core.stages.video.sources import objects_below
from core.stages.video.subtitles import subtitles_inside
from core.stages.video.writer import make_proxy, write

__all__ = [
    "around",
    "digest",
    "frame_at",
    "make_proxy",
    "near",
    "objects_below",
    "picked",
    "probe",
    "read",
    "speech_sound",
    "subtitles_inside",
    "write",
]

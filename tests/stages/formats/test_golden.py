"""Files as the tools of the field write them, by hand: walk on frames 2, 3 and 4 of a clip of 10 frames at 25 frames/s.

Each is read as [0.08, 0.20), and what Kinetoscope writes of that is what stands here.
"""

import json

import pytest

from core.base.registry import FORMATS
from core.domain import Segment
from core.stages.formats.common import conversion
from tests.labels import A, events, labels, read

WALK = labels(Segment(0.08, 0.2, "walk"))
ROWS = ["background"] * 2 + ["walk"] * 3 + ["background"] * 5
CELLS = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0]

TEXT = {
    "mstcn": "".join(f"{label}\n" for label in ROWS),
    "boris": """Observation id,Observation date,Description,Observation duration,Observation type,Source,\
Time offset (s),Media duration (s),FPS,Subject,Behavior,Behavioral category,Behavior type,Time,Media file name,\
Image index,Image file path,Comment
a,,,,Media file(s),player #1:a.mp4,0.000,0.400,25.000,,walk,,START,0.080,a.mp4,,,
a,,,,Media file(s),player #1:a.mp4,0.000,0.400,25.000,,walk,,STOP,0.200,a.mp4,,,
""",
    "boris-aggregated": """Observation id,Observation date,Description,Observation type,Source,Time offset (s),\
Coding duration,Media duration (s),FPS (frame/s),Subject,Observation duration by subject by observation,Behavior,\
Behavioral category,Behavior type,Start (s),Stop (s),Duration (s),Media file name,Image index start,Image index stop,\
Image file path start,Image file path stop,Comment start,Comment stop
a,,,Media file(s),player #1:a.mp4,0.000,,0.400,25.000,No focal subject,,walk,,STATE,0.080,0.200,0.120,a.mp4,,,,,,
""",
    "boris-binary": "time,walk\n" + "".join(f"{i * 40 / 1000},{cell}\n" for i, cell in enumerate(CELLS)),
    "deepethogram": ",background,walk\n" + "".join(f"{i},{1 - cell},{cell}\n" for i, cell in enumerate(CELLS)),
    "elan": """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
 <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
  <MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4" MIME_TYPE="video/mp4" RELATIVE_MEDIA_URL="./a.mp4"/>
  <PROPERTY NAME="lastUsedAnnotationId">1</PROPERTY>
 </HEADER>
 <TIME_ORDER>
  <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="80"/>
  <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="200"/>
 </TIME_ORDER>
 <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="behaviour">
  <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
   <ANNOTATION_VALUE>walk</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
 </TIER>
 <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
""",
    "csv": "path,label,start,end,split,group,subject\na.mp4,walk,0.080,0.200,,,\n",
    "vtt": "WEBVTT\n\n1\n00:00:00.080 --> 00:00:00.200\nwalk\n",
    "srt": "1\n00:00:00,080 --> 00:00:00,200\nwalk\n",
    "via-csv": """# CSV_HEADER = metadata_id,file_list,temporal_segment_start,temporal_segment_end,metadata
1_000001,"[""a.mp4""]",0.080,0.200,"{""behaviour"":""walk""}"
""",
    "cvat": """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>a</name>
      <size>10</size>
      <mode>annotation</mode>
      <start_frame>0</start_frame>
      <stop_frame>9</stop_frame>
      <frame_filter></frame_filter>
      <labels>
        <label><name>walk</name></label>
      </labels>
      <source>a.mp4</source>
    </task>
  </meta>
  <image id="2" name="frame_000002" width="320" height="240">
    <tag label="walk" source="manual"></tag>
  </image>
  <image id="3" name="frame_000003" width="320" height="240">
    <tag label="walk" source="manual"></tag>
  </image>
  <image id="4" name="frame_000004" width="320" height="240">
    <tag label="walk" source="manual"></tag>
  </image>
</annotations>
""",
}
VALUES = {
    "activitynet": {
        "version": "1.3",
        "taxonomy": [],
        "database": {"a": {"duration": 0.4, "annotations": [{"segment": [0.08, 0.2], "label": "walk"}]}},
    },
    "coco": {
        "videos": [{"id": 1, "file_name": "a.mp4", "fps": 25.0, "frames": 10}],
        "annotations": [{"id": 1, "video_id": 1, "category_id": 1, "segment": [0.08, 0.2]}],
        "categories": [{"id": 1, "name": "walk"}],
    },
    "createml": [{"videoPath": "a.mp4", "label": "walk", "start": 0.08, "end": 0.2}],
    "feral": {
        "is_multilabel": False,
        "class_names": {"0": "other", "1": "walk"},
        "labels": {"a.mp4": CELLS},
        "splits": {"train": [], "val": [], "test": [], "inference": []},
    },
    "fiftyone": {"classes": ["walk"], "labels": {"a": [{"label": 0, "support": [3, 5]}]}},
    "labelstudio": [
        {
            "id": 1,
            "data": {"video": "a.mp4"},
            "annotations": [
                {
                    "result": [
                        {
                            "id": "r1",
                            "from_name": "timelineLabels",
                            "to_name": "video",
                            "type": "timelinelabels",
                            "value": {"ranges": [{"start": 3, "end": 5}], "timelinelabels": ["walk"]},
                        }
                    ]
                }
            ],
        }
    ],
    "json": {
        "kinetoscope_labels": 1,
        "classes": ["walk"],
        "background": "",
        "clips": [
            {
                "name": "a.mp4",
                "label": "",
                "split": "",
                "group": "",
                "subject": "",
                "duration_s": 0.4,
                "frame_count": 0,
                "rate_hz": None,
                "tracks": [
                    {
                        "name": "",
                        "author": "",
                        "subject": "",
                        "seen": [[0.0, 0.4]],
                        "points": [],
                        "segments": [{"start_s": 0.08, "stop_s": 0.2, "label": "walk", "confidence": None, "note": ""}],
                    }
                ],
            }
        ],
    },
}
BOTH = [*TEXT, *VALUES]


def golden(name: str) -> bytes:
    return (TEXT[name] if name in TEXT else json.dumps(VALUES[name])).encode()


@pytest.mark.parametrize("name", [name for name in conversion.writable() if "stretches" in FORMATS[name].keeps])
def test_there_is_a_file_by_hand_for_each_format(name):
    assert name in BOTH or name == "via"


@pytest.mark.parametrize("name", BOTH)
def test_what_is_written_is_the_file_by_hand(name):
    written = FORMATS[name].write(WALK)
    if name in VALUES:
        assert json.loads(written) == VALUES[name]
    else:
        assert written.decode() == TEXT[name]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["bare", "marked"])
def test_the_file_by_hand_is_the_event(name, end, mark):
    """With the line ends of Unix and Windows, with and without a byte-order mark, and without a last line end."""
    content = (mark + golden(name).decode().replace("\n", end)).encode()
    assert events(read(FORMATS[name], content, A)) == [("a", 0.08, 0.2, "walk")]
    assert events(read(FORMATS[name], content.rstrip(), A)) == [("a", 0.08, 0.2, "walk")]


def test_a_project_of_via_by_hand():
    told = json.loads(FORMATS["via"].write(WALK))
    assert list(told["metadata"].values()) == [{"vid": "1", "flg": 0, "z": [0.08, 0.2], "xy": [], "av": {"1": "walk"}}]
    assert told["attribute"]["1"]["aname"] == "behaviour" and told["view"] == {"1": {"fid_list": ["1"]}}
    assert told["file"]["1"]["fname"] == "a.mp4" and told["project"]["vid_list"] == ["1"]
    assert events(read(FORMATS["via"], json.dumps(told).encode(), A)) == [("a", 0.08, 0.2, "walk")]


def test_a_configuration_of_label_studio_tells_the_rate():
    files = FORMATS["labelstudio"].files(WALK)
    assert files["config.xml"].decode() == (
        '<View>\n  <Video name="video" value="$video" frameRate="25"/>\n'
        '  <TimelineLabels name="timelineLabels" toName="video">\n    <Label value="walk"/>\n'
        "  </TimelineLabels>\n</View>\n"
    )


def test_a_folder_of_mstcn_by_hand():
    files = FORMATS["mstcn"].files(WALK)
    assert files == {
        "mapping.txt": b"0 background\n1 walk\n",
        "groundTruth/a.txt": "".join(f"{label}\n" for label in ROWS).encode(),
    }


def test_predictions_of_activitynet_by_hand():
    sure = labels(Segment(0.08, 0.2, "walk", 0.93))
    assert json.loads(FORMATS["activitynet"].write(sure)) == {
        "version": "1.3",
        "external_data": {},
        "results": {"a": [{"segment": [0.08, 0.2], "label": "walk", "score": 0.93}]},
    }

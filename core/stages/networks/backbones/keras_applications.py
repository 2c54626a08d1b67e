"""The third door: any network of keras.applications, for its features.

Their weights do not ship. They are read from models/backbones/<name>/, or downloaded by Keras at first use.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from core.base import settings
from core.base.errors import WeightsMissing
from core.stages.networks.backbones.backbone import Backbone, Stage, backbone, check_weights

if TYPE_CHECKING:
    import keras

MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB from 0 to 1
CAFFE_MEANS = (103.939, 116.779, 123.68)  # of ImageNet, BGR from 0 to 255


class Application(NamedTuple):
    """What must be known of a network of keras.applications before Keras is imported.

    scaling: how its weights want the pixels, in Keras's words: "tf" from -1 to 1, "torch" by the mean and deviation
    of ImageNet, "caffe" BGR less the mean; "" where its first layers see to it themselves.
    """

    size_px: int
    channels: int
    scaling: str


APPLICATIONS = {
    "ConvNeXtBase": Application(224, 1024, ""),
    "ConvNeXtLarge": Application(224, 1536, ""),
    "ConvNeXtSmall": Application(224, 768, ""),
    "ConvNeXtTiny": Application(224, 768, ""),
    "ConvNeXtXLarge": Application(224, 2048, ""),
    "DenseNet121": Application(224, 1024, "torch"),
    "DenseNet169": Application(224, 1664, "torch"),
    "DenseNet201": Application(224, 1920, "torch"),
    "EfficientNetB0": Application(224, 1280, ""),
    "EfficientNetB1": Application(240, 1280, ""),
    "EfficientNetB2": Application(260, 1408, ""),
    "EfficientNetB3": Application(300, 1536, ""),
    "EfficientNetB4": Application(380, 1792, ""),
    "EfficientNetB5": Application(456, 2048, ""),
    "EfficientNetB6": Application(528, 2304, ""),
    "EfficientNetB7": Application(600, 2560, ""),
    "EfficientNetV2B0": Application(224, 1280, ""),
    "EfficientNetV2B1": Application(240, 1280, ""),
    "EfficientNetV2B2": Application(260, 1408, ""),
    "EfficientNetV2B3": Application(300, 1536, ""),
    "EfficientNetV2L": Application(480, 1280, ""),
    "EfficientNetV2M": Application(480, 1280, ""),
    "EfficientNetV2S": Application(384, 1280, ""),
    "InceptionResNetV2": Application(299, 1536, "tf"),
    "InceptionV3": Application(299, 2048, "tf"),
    "MobileNet": Application(224, 1024, "tf"),
    "MobileNetV2": Application(224, 1280, "tf"),
    "MobileNetV3Large": Application(224, 960, ""),
    "MobileNetV3Small": Application(224, 576, ""),
    "NASNetLarge": Application(331, 4032, "tf"),
    "NASNetMobile": Application(224, 1056, "tf"),
    "ResNet101": Application(224, 2048, "caffe"),
    "ResNet101V2": Application(224, 2048, "tf"),
    "ResNet152": Application(224, 2048, "caffe"),
    "ResNet152V2": Application(224, 2048, "tf"),
    "ResNet50": Application(224, 2048, "caffe"),
    "ResNet50V2": Application(224, 2048, "tf"),
    "VGG16": Application(224, 512, "caffe"),
    "VGG19": Application(224, 512, "caffe"),
    "Xception": Application(299, 2048, "tf"),
}


def _make(class_name: str, chosen: Backbone) -> "keras.Model":
    """The network up to its average pool: uint8 (N, size, size, 3) -> (N, channels)."""
    import keras

    picture = keras.Input((chosen.size_px, chosen.size_px, 3), dtype="uint8", name="picture")
    make = getattr(keras.applications, class_name)
    start = _scaled(picture, APPLICATIONS[class_name].scaling)
    network = make(include_top=False, pooling="avg", input_tensor=start, weights=_weights(chosen, make))
    return keras.Model(picture, network.outputs[0], name=class_name.lower())


def _scaled(picture: Any, scaling: str) -> Any:
    """The pixels as the weights want them (keras/src/applications/imagenet_utils.py)."""
    from keras import layers, ops

    scale: Any = 1.0
    offset: Any = 0.0
    if scaling == "tf":
        scale, offset = 1 / 127.5, -1.0
    elif scaling == "torch":
        scale = [1 / 255 / deviation for deviation in DEVIATIONS]
        offset = [-mean / deviation for mean, deviation in zip(MEANS, DEVIATIONS, strict=True)]
    elif scaling == "caffe":
        picture, offset = ops.flip(picture, -1), [-mean for mean in CAFFE_MEANS]
    return layers.Rescaling(scale, offset=offset, name="normalised")(picture)


def _weights(chosen: Backbone, make: Any) -> str:
    """The file of weights: one in the backbone's own folder, else what Keras downloads or downloaded before."""
    for models in settings.current().models:
        for path in sorted((models / "backbones" / chosen.name).glob("*.h5")):
            check_weights(path, chosen.hint)
            return str(path)
    try:
        make(include_top=False, pooling="avg", weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception where there is no network
        text = f"The weights of {chosen.title} are not on this machine, and Keras could not download them."
        raise WeightsMissing(text, chosen.hint) from error
    return "imagenet"


def _file(class_name: str, known: Application) -> None:
    name = f"keras-{class_name.lower()}"
    backbone(
        name,
        title=f"{class_name} (single frames), ImageNet, from Keras",
        version=1,
        size_px=known.size_px,
        rate_hz=None,
        channels=known.channels,
        stages=(Stage(max(1, round(32 * 224**2 / known.size_px**2))),),
        hint=f"Connect to the network once, or put Keras's file of {class_name} without its top "
        f"(its name ends in .h5) into models/backbones/{name}/.",
    )(lambda chosen: _make(class_name, chosen))


for _class_name, _known in APPLICATIONS.items():
    _file(_class_name, _known)

"""EfficientNet-Lite0, trained on ImageNet to tell 1000 things in single pictures.

Reference: tensorflow/tpu models/official/efficientnet/lite. As EfficientNet-B0 (M. Tan, Q. Le, ICML 2019), without
squeeze-and-excitation and with ReLU6. SAME padding as TensorFlow defines it.
"""

from typing import TYPE_CHECKING, Any

from core.stages.networks.backbones.backbone import Backbone, Stage, backbone, set_weights

if TYPE_CHECKING:
    import keras

# repeats, kernel, stride of the first, expansion, channels
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


@backbone(
    "efficientnet-lite0",
    title="EfficientNet-Lite0 (single frames), ImageNet",
    version=2,
    size_px=224,
    rate_hz=None,
    channels=1280,
    stages=(Stage(32),),
)
def efficientnet_lite0(chosen: Backbone) -> "keras.Model":
    """The network up to its average pool: uint8 (N, 224, 224, 3) -> (N, 1280). Normalises by (x - 127) / 128."""
    import keras

    picture = keras.Input((chosen.size_px, chosen.size_px, 3), dtype="uint8", name="picture")
    net: Any = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="normalised")(picture)
    net = _unit(net, "stem", keras.layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv"))
    number = 0
    for repeats, size, first_stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            net = _block(net, f"block_{number}", size, 1 if repeat else first_stride, expansion, channels)
            number += 1
    net = _unit(net, "head", keras.layers.Conv2D(1280, 1, use_bias=False, name="head_conv"))  # (N, 7, 7, 1280)
    features = keras.layers.GlobalAveragePooling2D(name="features")(net)  # (N, 1280)
    model = keras.Model(picture, features, name="efficientnet_lite0")
    set_weights(model, chosen.arrays(), {"conv": ("kernel",), "bn": ("gamma", "beta", "mean", "variance")})
    return model


def _unit(net: Any, name: str, convolution: Any, *, active: bool = True) -> Any:
    """Convolution, batch norm and, where active, ReLU6, which carries the plain name."""
    from keras import layers

    net = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(convolution(net))
    return layers.ReLU(6.0, name=name)(net) if active else net


def _block(net: Any, name: str, size: int, stride: int, expansion: int, channels: int) -> Any:
    """MBConv: widen, convolve each channel by itself, narrow without ReLU; added to its input where shapes agree."""
    from keras import layers

    start, width = net, net.shape[-1]
    if expansion > 1:
        widen = layers.Conv2D(width * expansion, 1, use_bias=False, name=f"{name}_expand_conv")
        net = _unit(net, f"{name}_expand", widen)
    depthwise_conv2_d = layers.DepthwiseConv2D(size, stride, "same", use_bias=False, name=f"{name}_depthwise_conv")
    net = _unit(net, f"{name}_depthwise", depthwise_conv2_d)
    narrow = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project_conv")
    net = _unit(net, f"{name}_project", narrow, active=False)
    return layers.Add(name=name)([start, net]) if stride == 1 and width == channels else net

"""I3D: Inception-v1 inflated to three dimensions, trained on Kinetics-400 to tell 400 human actions.

J. Carreira, A. Zisserman: Quo Vadis, Action Recognition? CVPR 2017; reference implementation deepmind/kinetics-i3d
i3d.py. All convolutions and max pools have SAME padding as TensorFlow defines it (what is missing is added half before
and half after, the odd one after), which Keras keeps.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from core.stages.networks.backbones.backbone import Backbone, Stage, backbone, set_weights

if TYPE_CHECKING:
    import keras

# 1x1x1 | 1x1x1, 3x3x3 | 1x1x1, 3x3x3 | pool 3x3x3, 1x1x1
BLOCKS = {
    "3b": (64, 96, 128, 16, 32, 32),
    "3c": (128, 128, 192, 32, 96, 64),
    "4b": (192, 96, 208, 16, 48, 64),
    "4c": (160, 112, 224, 24, 64, 64),
    "4d": (128, 128, 256, 24, 64, 64),
    "4e": (112, 144, 288, 32, 64, 64),
    "4f": (256, 160, 320, 32, 128, 128),
    "5b": (256, 160, 320, 32, 128, 128),
    "5c": (384, 192, 384, 48, 128, 128),
}
POOLS_BEFORE = {
    "3b": ("maxpool3d_3a_3x3", (1, 3, 3), (1, 2, 2)),
    "4b": ("maxpool3d_4a_3x3", (3, 3, 3), (2, 2, 2)),
    "5b": ("maxpool3d_5a_2x2", (2, 2, 2), (2, 2, 2)),
}


@backbone(
    "i3d-kinetics400",
    title="I3D (sees motion), Kinetics-400",
    version=2,
    size_px=224,
    rate_hz=Fraction(25),
    channels=1024,
    # In time, up to the pool: 7 by 2, then 3, 3, 3 and the pool's 3 by 2; frames 4 i - 8 to 4 i + 14 make row i. After
    # it: 3 in five blocks, 2 by 2, 3 in two blocks; nine rows on either side of a step's two.
    stages=(
        Stage(256, stride=4, before=8, after=12, ends_at="maxpool3d_4a_3x3"),
        Stage(148, stride=2, before=10, after=10),
    ),
)
def i3d(chosen: Backbone) -> "keras.Model":
    """The network up to its average pool: uint8 (N, frames, 224, 224, 3) -> (N, frames / 8, 1024).

    frames: any multiple of 8. The reference pools pairs of steps as well and leaves one step less; here each step
    stands for itself, and the classifier, linear as it is, may be given single steps or means of them.
    """
    import keras

    clip = keras.Input((None, chosen.size_px, chosen.size_px, 3), dtype="uint8", name="clip")
    net: Any = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="normalised")(clip)
    net = _unit(net, "conv3d_1a_7x7", 64, 7, stride=2)  # (N, frames / 2, 112, 112, 64)
    net = keras.layers.MaxPooling3D((1, 3, 3), (1, 2, 2), "same", name="maxpool3d_2a_3x3")(net)
    net = _unit(net, "conv3d_2b_1x1", 64, 1)
    net = _unit(net, "conv3d_2c_3x3", 192, 3)  # (N, frames / 2, 56, 56, 192)
    for block, channels in BLOCKS.items():
        if block in POOLS_BEFORE:
            name, size, strides = POOLS_BEFORE[block]
            net = keras.layers.MaxPooling3D(size, strides, "same", name=name)(net)
        net = _mixed(net, f"mixed_{block}", channels)
    features = keras.ops.mean(net, axis=(2, 3))  # (N, frames / 8, 1024)
    model = keras.Model(clip, features, name="i3d_kinetics400")
    set_weights(model, chosen.arrays(), {"conv": ("kernel",), "bn": ("beta", "mean", "variance")})
    return model


def _unit(net: Any, name: str, channels: int, size: int, *, stride: int = 1) -> Any:
    """Convolution without bias, batch norm without scale, ReLU; the ReLU carries the plain name."""
    from keras import layers

    net = layers.Conv3D(channels, size, stride, "same", use_bias=False, name=f"{name}_conv")(net)
    net = layers.BatchNormalization(scale=False, epsilon=1e-3, name=f"{name}_bn")(net)
    return layers.ReLU(name=name)(net)


def _mixed(net: Any, name: str, channels: tuple[int, ...]) -> Any:
    """One Inception block: four branches side by side."""
    from keras import layers

    whole, reduced, wide, less, narrow, pooled = channels
    first = _unit(net, f"{name}_branch_0_conv3d_0a_1x1", whole, 1)
    second = _unit(net, f"{name}_branch_1_conv3d_0a_1x1", reduced, 1)
    second = _unit(second, f"{name}_branch_1_conv3d_0b_3x3", wide, 3)
    third = _unit(net, f"{name}_branch_2_conv3d_0a_1x1", less, 1)
    third = _unit(third, f"{name}_branch_2_conv3d_0b_3x3", narrow, 3)
    fourth = layers.MaxPooling3D(3, 1, "same", name=f"{name}_branch_3_maxpool3d_0a_3x3")(net)
    fourth = _unit(fourth, f"{name}_branch_3_conv3d_0b_1x1", pooled, 1)
    return layers.Concatenate(name=name)([first, second, third, fourth])

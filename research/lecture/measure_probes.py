"""Linear probes of the network of the lecture: python -m research.lecture.measure_probes

Writes models/lecture/probes.csv, which the lecture's step on hierarchy draws; Inspect measures the
same live for any network.
"""

from __future__ import annotations

import torch

from core.inspection.layers.layers import layer_table
from core.inspection.probes import ProbeInput, linear_probes
from core.inspection.subject import Prepared
from core.records import write_records
from lecture.probes import MEASURED, MODEL, MeasuredProbe
from models import zoo
from models.weights_file import trained


def main() -> None:
    """Measure, and write what the step draws."""
    torch.set_num_threads(1)
    card = zoo.card(MODEL)
    network, taken = trained(card).eval(), ProbeInput(card.mean, card.std)
    table = layer_table(Prepared(network, (1, 1, taken.side, taken.side)).trace)
    rows = {row.layer.name: row for row in table.rows}
    depths = {None: (1, 1)}
    for name, row in rows.items():
        if len(row.layer.shape) == 3:
            stride = round(taken.side / row.layer.shape[1])
            depths[name] = stride, round(row.field.largest[0])
    found = linear_probes(network, taken)
    write_records(
        MEASURED, MeasuredProbe, (MeasuredProbe(one, *depths[one.layer]) for one in found)
    )


if __name__ == "__main__":
    main()

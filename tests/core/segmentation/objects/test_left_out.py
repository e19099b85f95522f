"""What of the objects' phase no object counts."""

import numpy as np

from core.segmentation.objects.left_out import left_out


def test_what_no_object_counts_is_left_out_but_not_the_rim_of_an_object_at_its_grey_edge() -> None:
    labels, objects = np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint32)
    labels[10:30, 10:30] = 1
    labels[18:21, 45:48] = 1
    objects[12:28, 12:28] = 1
    speck, rim = 3 * 3, 20 * 20 - 16 * 16
    assert left_out(labels, 1, objects).sum() == speck + rim
    found = left_out(labels, 1, objects, at_grey_edge=True)
    assert found.sum() == speck and found[18:21, 45:48].all()
    assert not left_out(labels, 0, np.ones_like(objects)).any()

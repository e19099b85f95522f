"""Several fields as one result: the example of E562, limits of G, units, outliers, groups."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.fields.explained import explained
from core.fields.field import measure_field
from core.fields.many.group_table import read_groupings
from core.fields.many.groups import compare_groups
from core.fields.many.pooled import pool
from core.fields.quantity import ONE_FIELD, Quantity
from core.fields.result import FieldMeasurement
from core.fields.settings import KINDS, MeasureSettings
from core.fields.words import value_in_words
from core.measurement.grains.grain_size import g_from_count
from core.measurement.uncertainty import ModelError, Part
from tests.core.fields.made_analysis import analysis_of, card_of, discs

E562 = (18, 22, 20, 25, 15, 21, 19, 24, 17, 19)


def field_of(quantity: Quantity, name: str = "field", kind: str = "phases") -> FieldMeasurement:
    """Return a field of one quantity."""
    drawn = analysis_of(np.pad(np.ones((8, 8), np.uint8), 8), card=card_of("a", "b", objects=None))
    found = measure_field(drawn, MeasureSettings(kind="phases", grid_points=4))
    return replace(found, name=name, kind=kind, headline=quantity, quantities=(quantity,))


def fractions(values, part: Part | None = None) -> list[FieldMeasurement]:
    parts = () if part is None else (part,)
    return [
        field_of(
            Quantity("fraction_b", "Fraction", value, "%", reason="one field", parts=parts),
            f"f{index}.png",
        )
        for index, value in enumerate(values)
    ]


def test_the_ten_fields_of_e562():
    found = pool(fractions(E562)).headline
    assert found.value == pytest.approx(20.0)
    assert found.interval == pytest.approx((20 - 2.2113, 20 + 2.2113), abs=1e-3)
    assert found.relative_accuracy_percent == pytest.approx(11.057, abs=1e-3)
    assert (found.n, found.counted) == (10, "fields")
    # (11.057 / 5)^2 as many as ten.
    assert pool(fractions(E562)).notes[-1] == (
        "For a fraction within ± 5 % by the scatter of fields alone, about 39 more fields are "
        "needed."
    )


def test_equal_fields_give_no_interval_of_no_width():
    found = pool(fractions([0, 0])).headline
    assert (found.value, found.interval) == (0, None)
    assert found.reason == "All fields have the same value, so their scatter gives no interval."


def test_what_fields_share_is_not_averaged_out():
    part = Part("model", 3.0, 3.0, "within 3 points", shared=0.5)
    pooled = pool(fractions(E562, part))
    found = pooled.headline
    assert pooled.method.endswith(
        ". Means over 10 fields with 95 % intervals by Student's t over fields. The interval of "
        "the fraction also holds what all fields share of the model's error on its validation "
        "images."
    )
    assert [one.source for one in found.parts] == ["fields", "model"]
    assert found.parts[1].above == 1.5
    assert found.interval[1] == pytest.approx(20 + np.hypot(2.2113, 1.5), abs=1e-3)


def test_one_field_has_no_interval_and_says_why():
    found = pool(fractions([20])).headline
    assert (found.value, found.interval, found.reason) == (20, None, "one field")


def test_g_is_averaged_as_grains_per_area():
    """Limits of the mean of N_A become those of G (ASTM E112, section 15)."""
    numbers = [g_from_count(count) for count in (177, 190, 165, 183, 171)]
    fields = [
        field_of(Quantity("g_saltykov", "G", one, reason="one field"), kind="grains")
        for one in numbers
    ]
    found = pool(fields).headline
    assert found.value == pytest.approx(4.515, abs=1e-3)
    assert found.interval == pytest.approx((4.413, 4.611), abs=1e-3)


def test_the_largest_grain_of_all_fields_is_the_largest_of_any():
    fields = [
        field_of(Quantity("g_ala", "G", one, reason="one field"), kind="grains")
        for one in (3.5, 1.4, 4.0)
    ]
    assert pool(fields).headline.value == 1.4


def particles(
    seed: int, nm: float | None = 10.0, scale: float = 1.0, errors: tuple[ModelError, ...] = ()
) -> FieldMeasurement:
    random = np.random.default_rng(seed)
    radii = scale * random.lognormal(np.log(8), 0.2, 40)
    drawn = discs(random.uniform(0, 300, (40, 2)), radii, (300, 300))
    return measure_field(analysis_of(drawn, nm, name=f"f{seed}.png"), None, errors)


def test_a_quantity_that_no_calibrated_field_has_is_pooled_too():
    """As the span of sizes, where the only field with a pixel size holds no particle."""
    fraction = Quantity("fraction", "Fraction", 20.0, "%", reason="one field")
    calibrated = replace(field_of(fraction, "a"), pixel_nm=2.0)
    others = [
        replace(
            field_of(fraction, name),
            pixel_nm=None,
            quantities=(fraction, Quantity("span", "Span", value, "", reason="one field")),
        )
        for name, value in (("b", 1.0), ("c", 2.0))
    ]
    found = pool([calibrated, *others])
    assert found.quantity("span").value == pytest.approx(1.5)


def test_means_in_px_are_told_from_those_that_leave_fields_without_a_pixel_size_out():
    """The only field with a pixel size holds no particle, so all sizes are in px."""
    empty = measure_field(analysis_of(np.zeros((300, 300), bool), 2.0, name="empty.png"))
    others = [particles(seed, nm=None) for seed in range(2)]
    found = pool([empty, *others])
    assert found.headline.unit == "px" and found.headline.value is not None
    said = "2 of 3 fields have no pixel size, and their lengths are in no mean"
    assert found.warnings == (
        f"{said}, except of quantities in px, which no other field has: f0.png, f1.png.",
    )
    left_out = pool([particles(2), *others])
    assert left_out.headline.unit == "nm"
    assert left_out.warnings == (f"{said}: f0.png, f1.png.",)


def test_the_only_calibrated_field_has_an_interval_of_its_own_and_none_over_fields():
    errors = (ModelError("mean_diameter", 0.01, 0.04, 50),)
    calibrated = particles(0, errors=errors)
    found = pool([calibrated, particles(1, nm=None), particles(2, nm=None)])
    count = calibrated.headline.n
    assert calibrated.headline.interval is not None and found.headline.interval is None
    differ = "One field does not tell how fields differ; measure several. "
    own = f"Its own interval is of {count} particles"
    assert found.headline.reason == f"{differ}{own} and the model."
    assert found.quantity("span").reason == f"{differ}{own}."
    assert found.headline.method == "by number; ISO 9276-1; one field"
    assert found.method.endswith(
        ". Sizes are those of the particles of one of 3 fields, without an interval over fields; "
        "other values are means over the fields that have them, with 95 % intervals by Student's t "
        "over fields."
    )
    assert found.quantity("area_fraction").interval is not None


def test_a_batch_of_one_field_speaks_of_no_mean():
    found = pool([particles(0)])
    assert found.method.endswith(
        ". All values are those of one field, without an interval over fields."
    )
    assert found.quantity("number_density").method == (
        "one that the edge cuts counts half; ASTM E1245"
    )
    assert found.quantity("number_density").reason == ONE_FIELD


def test_the_only_field_with_a_grain_size_is_no_mean():
    """The others have no pixel size, so there is no G of them."""
    known = Quantity("g_lines", "G", 5.0, interval=(4.0, 6.0), n=80, counted="intercepts")
    unknown = Quantity("g_lines", "G", None, reason="no pixel size")
    found = pool([field_of(one, kind="grains") for one in (known, unknown)])
    assert found.headline.reason == (
        "One field does not tell how fields differ; measure several. Its own interval is of 80 "
        "intercepts."
    )
    assert found.method.endswith(
        ". G is that of one of 2 fields, without an interval over fields; other values are means "
        "over the fields that have them, with 95 % intervals by Student's t over fields."
    )


@pytest.mark.parametrize("first", [True, False])
def test_a_field_without_a_particle_does_not_give_the_sizes_its_unit(first):
    """Sizes in µm, read as nm because the first field is empty, would be wrong by a thousand."""
    fields = [particles(seed, nm=400.0) for seed in range(2)]
    alone = pool(fields).headline
    assert alone.unit == "µm" and 4 < alone.value < 12
    empty = measure_field(analysis_of(np.zeros((300, 300), bool), 400.0, name="empty.png"))
    found = pool([empty, *fields] if first else [*fields, empty])
    assert (found.headline.value, found.headline.unit) == (alone.value, "µm")
    assert found.distribution.unit == "µm"
    assert {one.headline.unit for one in found.fields} == {"µm"}


def test_particles_of_all_fields_are_one_population():
    fields = [particles(seed) for seed in range(6)]
    found = pool(fields)
    sizes = np.concatenate([one.distribution.values for one in fields])
    assert found.headline.n == len(sizes) == len(found.distribution.values)
    assert sizes.min() < found.headline.value < sizes.max()
    assert found.headline.interval[0] < found.headline.value < found.headline.interval[1]
    assert found.method.endswith(
        ". Sizes are those of the particles of all fields together, with 95 % intervals by "
        "jackknife over fields; other values are means over 6 fields with 95 % intervals by "
        "Student's t over fields."
    )
    assert set(found.table["field"]) == {f"f{seed}.png" for seed in range(6)}
    assert found.quantity("number_density").n == 6
    count = sum(len(one.table) for one in fields)
    assert found.notes[0].startswith(
        f"{len(sizes)} of {count} particles lie wholly in their images;"
    )
    assert "of particles after ISO 13322-1" in found.method


def test_fields_in_nm_and_um_come_in_one_unit_and_those_in_px_count_in_no_length():
    fields = [particles(0), particles(1, nm=10.0), particles(2, nm=None)]
    coarse = replace(
        fields[1],
        quantities=tuple(
            one.in_unit("µm") if one.unit == "nm" else one for one in fields[1].quantities
        ),
    )
    coarse = replace(coarse, headline=coarse.quantities[0])
    coarse = replace(coarse, distribution=coarse.distribution.in_unit("µm"))
    found = pool([fields[0], coarse, fields[2]])
    same = pool(fields)
    assert found.headline.value == pytest.approx(same.headline.value)
    assert found.headline.unit == "nm"
    assert "1 of 3 fields have no pixel size" in found.warnings[0]
    assert found.quantity("area_fraction").n == 3
    assert found.quantity("number_density").n == 2


def test_a_field_of_another_material_stands_out():
    fields = [*(particles(seed) for seed in range(8)), particles(9, scale=2.5)]
    found = pool(fields).outliers
    assert [one.name for one in found] == ["f9.png"]
    assert pool(fields[:4]).outliers == ()


def test_nothing_and_fields_of_two_kinds_are_refused():
    with pytest.raises(DataError, match="No field"):
        pool([])
    with pytest.raises(DataError, match="particles, phases"):
        pool([particles(0), *fractions([20])])


def test_two_groups_are_compared_by_mann_whitney():
    fields = fractions([10, 11, 12, 13, 20, 21, 22, 23])
    table = "Name;Heat\n" + "\n".join(f"x/f{i}.tif;{'a' if i < 4 else 'b'}" for i in range(8))
    (grouping,) = read_groupings(table.encode(), "groups.csv")
    found = compare_groups(fields, grouping)
    assert found.groups == ("a", "b") and found.values[0] == (10, 11, 12, 13)
    assert (found.test.name, found.test.effect) == ("Mann-Whitney U", -1)
    # Two of the 70 ways to order 4 + 4 values are as extreme.
    assert found.test.p_value == pytest.approx(2 / 70)
    assert "The groups differ" in found.in_words
    assert found.statistics[1].mean == 21.5


def test_three_groups_are_compared_by_kruskal_wallis():
    """H of ranks 1-3, 4-6, 7-9 is 7.2; epsilon squared 7.2 * 10 / 80."""
    fields = fractions(range(9))
    table = "file,heat\n" + "\n".join(f"f{i},{i // 3}" for i in range(9))
    found = compare_groups(fields, read_groupings(table.encode(), "g.csv")[0])
    assert found.test.name == "Kruskal-Wallis H"
    assert found.test.statistic == pytest.approx(7.2)
    assert found.test.effect == pytest.approx(0.9)


def test_groups_that_cannot_be_compared_say_why():
    fields = fractions([1, 2, 3, 4])
    (grouping,) = read_groupings(b"file,heat\nf0,a\nf1,a\nf2,a\nf3,b\n", "g.csv")
    found = compare_groups(fields, grouping)
    assert found.test is None and "b has fewer than 3 fields" in found.in_words
    with pytest.raises(DataError, match="names none of the 4 fields"):
        compare_groups(fields, read_groupings(b"file,heat\nz,a\n", "g.csv")[0])
    with pytest.raises(DataError, match="more than once"):
        read_groupings(b"file,heat\nf0,a\nf0.png,b\n", "g.csv")
    with pytest.raises(DataError, match="line of column names"):
        read_groupings(b"f0\n", "g.csv")


def test_units_are_changed_with_their_intervals_and_parts():
    part = Part("counting", 30, 40)
    nm = Quantity("d50", "D50", 1500.0, "nm", interval=(1470, 1540), parts=(part,))
    um = nm.in_unit("µm")
    assert (um.value, um.column) == (1.5, "d50_um")
    assert um.interval == pytest.approx((1.47, 1.54))
    area = Quantity("a", "Area", 2.0, "µm²", reason="r").in_unit("nm²")
    assert (area.value, area.column) == (2e6, "a_nm2")
    density = Quantity("n", "Number", 5.0, "1/µm²", reason="r").in_unit("1/mm²")
    assert (density.value, density.column) == (5e6, "n_per_mm2")
    with pytest.raises(DataError, match="cannot be given in nm"):
        Quantity("d", "D", 1.0, "px", reason="r").in_unit("nm")


@pytest.mark.parametrize(
    ("value", "interval", "reason"),
    [(float("nan"), None, "r"), (1.0, (0.0, float("inf")), ""), (None, None, ""), (1.0, None, "")],
)
def test_no_quantity_holds_a_number_that_is_none(value, interval, reason):
    with pytest.raises(ValueError):
        Quantity("x", "X", value, interval=interval, reason=reason)


def test_directions_of_fields_are_averaged_as_axes():
    fields = [
        field_of(Quantity("direction", "Direction", one, "°", reason="one field"), kind="fibres")
        for one in (80.0, -80.0)
    ]
    found = pool(fields).headline
    assert abs(found.value) == pytest.approx(90) and "Student" in found.reason


def test_a_mean_that_may_be_negative_keeps_its_interval():
    fields = [field_of(Quantity("g_iso643", "G", one, reason="r")) for one in (-1.0, 1.0, 0.5)]
    found = pool(fields).headline
    assert found.interval[0] < -1 and found.interval[1] > 1


def test_no_interval_holds_what_cannot_be_and_says_where_it_was_cut():
    """0, 1, 9: 3.333 ± 4.3027 x 4.9329 / sqrt(3) = 3.333 ± 12.254, as E562 has it."""
    found = pool(fractions([0.0, 1.0, 9.0])).headline
    assert found.interval == pytest.approx((0, 3.3333 + 12.254), abs=1e-3)
    assert found.cut_at == (
        "The interval is cut at 0 %, the least there can be; its formula reaches further."
    )
    high = pool(fractions([100.0, 99.0, 91.0])).headline
    assert high.interval[1] == 100 and "at 100 %, the most there can be" in high.cut_at
    assert pool(fractions(E562)).headline.cut_at == ""
    solid = [field_of(Quantity("solidity", "Solidity", one, reason="r")) for one in (0.9, 1.0, 1.0)]
    assert pool(solid).headline.interval == pytest.approx((0.8232, 1.0), abs=1e-4)
    span = [field_of(Quantity("span", "Span", one, reason="r")) for one in (0.1, 3.0)]
    assert pool(span).headline.interval[0] == 0


def test_a_grain_size_number_whose_count_may_be_none_has_no_interval():
    """Grains per area 10 and 1,000: the mean's t-interval reaches below 0, where no G is."""
    numbers = [g_from_count(count) for count in (10, 1000)]
    fields = [
        field_of(Quantity("g_saltykov", "G", one, reason="one field"), kind="grains")
        for one in numbers
    ]
    found = pool(fields).headline
    assert found.value == pytest.approx(g_from_count(505))
    assert found.interval is None and "differ too much" in found.reason


def test_a_mean_of_counts_says_what_it_is():
    counts = [field_of(Quantity("count", "Particles", one, reason="r")) for one in (3, 5)]
    assert pool(counts).headline.method == "mean over fields"


def test_an_outlier_is_told_in_digits_that_mean_something():
    fields = [*fractions(E562), field_of(Quantity("fraction_b", "Fraction", 90, "%", reason="r"))]
    assert pool(fields).outliers[0].reason == "Fraction is 90.00 %"
    density = Quantity("n", "Density", 23_253_467.0, "1/mm²", reason="r")
    assert value_in_words(density) == "23,250,000 per mm²"
    assert value_in_words(Quantity("n", "N", 1234567.0, reason="r")) == "1,235,000"
    three = pool([particles(0), particles(1), particles(2, scale=2.0)]).headline
    assert 0 < three.interval[0] < three.value < three.interval[1]
    pooled = pool([particles(0), particles(1, scale=2.0)])
    two = pooled.headline
    assert two.interval is None and "differ too much" in two.reason
    assert "together, without an interval, as the fields differ too much; other" in pooled.method


def test_a_number_of_fields_that_nobody_will_measure_is_not_advised():
    note = pool(fractions([0.0, 0.1, 40.0])).notes[-1]
    assert "more than 1,000 fields are needed" in note


@pytest.mark.parametrize("kind", KINDS)
def test_every_headline_is_explained(kind):
    found = measure_field(analysis_of(np.zeros((60, 60))), MeasureSettings(kind=kind))
    assert explained(found.headline).endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_empty_fields_are_pooled_to_a_sentence(kind):
    empty = [
        measure_field(analysis_of(np.zeros((60, 60))), MeasureSettings(kind=kind)) for _ in range(2)
    ]
    found = pool(empty)
    for one in found.quantities:
        assert one.value is None or np.isfinite(one.value)
        assert one.interval is not None or one.reason
    assert found.distribution is None

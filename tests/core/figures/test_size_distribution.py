import numpy as np
import plotly.graph_objects as go

from core.fields.result import Distribution
from core.figures.size_distribution import size_distribution_figure
from core.measurement.size_fit import fit_sizes

SIZES = np.array([1.0, 2, 2, 3, 3, 3, 4, 4, 5, 10])


def test_bars_are_shares_and_quantiles_say_what_they_mean() -> None:
    given = Distribution("d", "Diameter", "nm", SIZES, np.ones(10), "particles")
    figure = size_distribution_figure(given)
    # The figure is drawn unchecked; a property that plotly does not know is refused here.
    go.Figure(figure.to_dict())
    (bars,) = figure.data
    assert np.isclose(sum(bars.y), 100)
    told = {one.text: one.hovertext for one in figure.layout.annotations}
    assert list(told) == ["D10", "D50", "D90"]
    assert [line.x0 for line in figure.layout.shapes] == [
        one.x for one in figure.layout.annotations
    ]
    assert told["D50"] == ("D50: 50 % of the particles<br>are smaller than 3 nm, 50 % larger")


def test_the_curve_of_a_fit_is_in_percent_of_a_bin() -> None:
    fit = fit_sizes(SIZES, "log-normal")
    given = Distribution("d", "Diameter", "nm", SIZES, np.ones(10), "particles", fit)
    figure = size_distribution_figure(given)
    go.Figure(figure.to_dict())
    bars, curve = figure.data
    middle = len(curve.x) // 2
    expected = 100 * bars.width[0] * fit.density(np.array([curve.x[middle]]))[0]
    assert np.isclose(curve.y[middle], expected)


def test_bins_of_directions_end_where_these_do() -> None:
    angles = np.arange(-89.5, 90)
    figure = size_distribution_figure(
        Distribution("orientation", "Direction", "°", angles, np.ones(180), "places")
    )
    bars = figure.data[0]
    assert np.array(bars.customdata)[[0, -1]].ravel()[[0, -1]].tolist() == [-90, 90]
    # As many in each: the outermost bins are whole ones too.
    assert np.ptp(np.array(bars.y)) < 1e-9
    few = Distribution("orientation", "Direction", "°", np.array([90.0]), np.ones(1), "places")
    assert np.array(size_distribution_figure(few).data[0].y).sum() == 100

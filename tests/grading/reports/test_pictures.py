"""Pictures say what the numbers say, to those who see and to those who hear them."""

from __future__ import annotations

import base64
import io
import re

import msgspec
import numpy as np
import pytest
from PIL import Image

from grading.reports import WRITERS
from grading.reports.pictures import _png, distances, search, training
from tests.grading.reports.grades import a_check, a_comparison, a_grade, an_execution, trainings
from tests.grading.reports.test_html_report import Outline, words

FALLING: list[float | None] = [4.0, 3.0, 2.0, 1.0]


def page_of(*losses: float | None) -> str:
    return WRITERS["html"].render(a_grade(trainings=[trainings(list(losses))])).decode()


def drawn(line: str) -> list[tuple[float, float]]:
    return [tuple(map(float, point.split(","))) for point in line.split()]  # type: ignore[misc]


def test_a_falling_loss_falls_in_the_picture_from_the_left_to_the_right() -> None:
    curves = training(trainings(FALLING)).curves
    assert curves is not None
    (line,) = curves.lines
    across, down = zip(*drawn(line), strict=True)
    assert list(across) == sorted(across)
    assert list(down) == sorted(down)
    assert not curves.cut


def test_a_loss_far_above_the_reference_is_cut_off_and_the_page_says_so() -> None:
    curves = training(trainings([4.0, 1e300])).curves
    assert curves is not None
    assert curves.cut
    assert drawn(curves.lines[0])[1][1] >= 0.0
    assert "Where your line leaves the picture" in words(page_of(4.0, 1e300))
    assert "Where your line leaves the picture" not in words(page_of(*FALLING))


def test_a_line_breaks_where_a_loss_is_no_number() -> None:
    curves = training(trainings([4.0, None, 2.0])).curves
    assert curves is not None
    assert len(curves.lines) == 2


def test_without_any_number_there_is_no_curve_but_still_the_accuracies() -> None:
    assert training(trainings([None, None])).curves is None
    assert "Accuracy on the validation pictures" in words(page_of(None, None))


def test_a_training_of_one_step_can_be_drawn() -> None:
    assert "polyline" in page_of(3.0)


def test_an_accuracy_below_what_is_needed_looks_and_reads_different() -> None:
    page = page_of(*FALLING)
    assert page.count('<circle class="mine"') == 1
    assert page.count('<circle class="missed"') == 1
    assert "Seed 231: 960 of 1000, enough. Seed 232: 929 of 1000, too few. Asked for: 95.0 percent." in page


def test_the_whiskers_lie_where_their_axis_says() -> None:
    accuracies = training(trainings(FALLING)).accuracies
    places = {tick.label: tick.at for tick in accuracies.ticks}
    assert places["90 %"] == accuracies.whiskers[0].low
    assert accuracies.whiskers[0].low < accuracies.threshold < accuracies.whiskers[0].high


@pytest.mark.parametrize("picture", [(8, 8), (32, 32, 3)])
def test_templates_are_the_weights_as_pictures(picture: tuple[int, ...]) -> None:
    facts = trainings(FALLING, picture)
    templates = training(facts).templates
    assert [template.name for template in templates] == facts.classes
    encoded = templates[1].mine.removeprefix("data:image/png;base64,")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
    assert pixels.shape == picture
    size = int(np.prod(picture))
    assert pixels.tobytes() == facts.templates[size : 2 * size]


def test_every_picture_has_a_name_for_those_who_hear_it() -> None:
    outline = Outline(page_of(*FALLING))
    for tag, attributes in outline.tags:
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-labelledby"]
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_the_page_admits_pictures_only_from_within() -> None:
    (policy,) = re.findall(r"img-src ([^;]*);", page_of(*FALLING))
    assert policy == "data:"


def test_at_a_kink_the_page_shows_an_interval_for_each_entry_and_marks_the_wrong_ones() -> None:
    check = a_check(id="kinks", gradient=a_comparison())
    text = words(WRITERS["html"].render(a_grade(checks=[check])).decode())
    for part in (
        "accepted dW -1.0 to 0.0 0.0 to 1.0",
        "your dW 0.0 (wrong)✗ 1.0 (wrong)✗",
        "One margin is exactly 0 here, where the loss has a kink",
        "V, the direction in which your dW is wrong V 1.0 1.0",
    ):
        assert part in text, part
    assert "Try it" not in text


def test_off_the_kinks_the_page_says_how_to_try_it() -> None:
    certificate = a_comparison().certificate
    found = a_comparison(low=[[1.0, 2.0]], high=[[1.0, 2.0]], ties=0, certificate=certificate)
    text = words(WRITERS["html"].render(a_grade(checks=[a_check(gradient=found)])).decode())
    assert "Try it: move W along V, and the loss rises at rate 0, but your dW promises 1." in text


def test_the_map_is_darkest_where_it_is_farthest_off() -> None:
    found = distances(a_comparison(distance=[[0.25, 1.0]]))
    assert found is not None
    near, far = found.cells
    assert near.shade < far.shade
    assert (near.text, far.text, found.largest) == ("0.25", "1", "1")


def test_a_map_of_what_is_no_number_is_dark_there() -> None:
    found = distances(a_comparison(distance=[[None, 1.0]]))
    assert found is not None
    assert (found.cells[0].text, found.cells[0].shade) == ("?", 0.45)
    assert distances(a_comparison(distance=[[None, None]])) is None


def test_the_search_is_a_map_of_learning_rates_by_regs_with_the_best_strongest() -> None:
    (run,) = an_execution().notebooks
    found = search(run.searches[0])
    assert found is not None
    assert [tick.label for tick in found.rows] == ["5e-08", "1e-07"]
    assert [tick.label for tick in found.columns] == ["1e+04", "5e+04"]
    assert [cell.text for cell in found.cells] == ["0.35", "–", "0.4", "–"]
    assert 0.0 < found.cells[0].shade < found.cells[2].shade


def test_a_search_that_found_nothing_has_no_map() -> None:
    (run,) = an_execution().notebooks
    assert search(msgspec.structs.replace(run.searches[0], results=[])) is None


def test_a_picture_that_many_pages_have_is_drawn_once() -> None:
    page_of(*FALLING)
    drawn_so_far = _png.cache_info().misses
    page_of(*FALLING)
    assert _png.cache_info().misses == drawn_so_far


def test_the_page_shows_the_map_of_each_search_of_a_notebook_that_was_run() -> None:
    text = words(WRITERS["html"].render(a_grade(execution=an_execution())).decode())
    assert "The search for best_svm: validation accuracies" in text
    assert "5e-08" in text

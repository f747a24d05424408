"""What every demo owes its readers, held against each demo there is."""

import importlib
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings

from decentralized_ai import demos
from decentralized_ai.contract import BadParameter, Demo

from .. import every

DEMOS = [demos.get(demo_id) for demo_id in demos.ids()]
each_demo = pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.id)
# What a compute may take at most; a busy machine gets a second try before the test fails.
SECONDS = 0.25


@pytest.mark.alone
@each_demo
def test_any_setting_gives_a_finite_view_in_time(demo: Demo) -> None:
    demo.answer()  # imports and first-call costs are not the setting's

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(every.setting(demo))
    def holds(raw: dict) -> None:
        began = time.perf_counter()
        answer = demo.answer(raw)  # to_json refuses NaN, infinity and anything but plain JSON
        took = time.perf_counter() - began
        if took > SECONDS:
            began = time.perf_counter()
            demo.answer(raw)
            took = time.perf_counter() - began
        assert took <= SECONDS, f"{raw} took {took:.2f} s"
        assert len(answer["takeaway"].split()) >= 6
        assert answer["table"]["rows"]
        assert {challenge.id for challenge in demo.challenges} == set(answer["met"])

    holds()


@each_demo
def test_the_same_setting_gives_the_same_answer_bit_for_bit(demo: Demo) -> None:
    for params in demo.prepared().values():
        assert json.dumps(demo.answer(params)) == json.dumps(demo.answer(params))


@each_demo
def test_no_challenge_is_met_at_the_defaults_and_each_can_be(demo: Demo) -> None:
    solutions = importlib.import_module(f"tests.demos.test_{demo.id}").SOLUTIONS
    assert not any(demo.answer()["met"].values())
    assert set(solutions) == {challenge.id for challenge in demo.challenges}
    for challenge, setting in solutions.items():
        assert demo.answer(setting)["met"][challenge], f"{challenge} is not met by {setting}"


@each_demo
def test_the_guess_has_one_answer_among_its_options(demo: Demo) -> None:
    right = demo.guess.answer(demo.view())
    assert right in range(len(demo.guess.options))
    assert len(set(demo.guess.options)) == len(demo.guess.options) >= 2


@each_demo
def test_the_page_is_told_a_preset_as_its_controls_read_it(demo: Demo) -> None:
    defaults = demo.answer()["params"]
    for preset in demo.spec()["presets"]:
        told = {**defaults, **preset["params"]}
        assert demo.answer(preset["params"])["params"] == told, preset["id"]


@each_demo
def test_enough_presets_and_challenges(demo: Demo) -> None:
    assert len(demo.presets) >= 4
    assert len(demo.challenges) >= 3
    ids = [preset.id for preset in demo.presets] + [challenge.id for challenge in demo.challenges]
    assert len(set(ids)) == len(ids)


@each_demo
def test_keys_are_one_to_one_with_settings(demo: Demo) -> None:
    prepared = demo.prepared()
    assert all(demo.key(params) == key for key, params in prepared.items())
    main = demo.control(demo.main)
    keys = {demo.key(demo.parse({main.name: stop})) for stop in main.values()}
    assert len(keys) == len(main.values())


WRONG = [None, float("nan"), float("inf"), -1e9, 1e9, "", "nonsense", [], ["nonsense"], {}, b"x"]


@each_demo
def test_a_bad_value_raises_one_error_that_names_the_control_and_its_range(demo: Demo) -> None:
    for control in demo.controls:
        for wrong in WRONG:
            with pytest.raises(BadParameter) as caught:
                demo.answer({control.name: wrong})
            assert str(caught.value).startswith(f"{control.name} must be {control.allowed}")
    with pytest.raises(BadParameter, match="has no control 'nonsense'"):
        demo.answer({"nonsense": 1})


@each_demo
def test_the_code_shown_is_the_code_that_runs(demo: Demo) -> None:
    name, source = demo.sources()[0]
    assert name == f"decentralized_ai.demos.{demo.id}.compute"
    assert source.startswith("def compute(")

"""The collections policy as finance writes it: the shipped one is good, every fault has line and remedy."""

from __future__ import annotations

import shutil
from datetime import date, time
from pathlib import Path

import pytest

from csp_receivables.adapters.collections_policy import (
    CollectionsPolicyRefused,
    parse_collections_policy,
    parse_kept_policy,
    policy_text,
    read_collections_policy,
)
from csp_receivables.domain.collections.policy import (
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Forewarning,
    Letters,
    Minimum,
    Override,
    QuietHours,
)

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "include" / "policies" / "collections.yaml"
REMINDER = "{name: reminder, act: send_notice, template: reminder, when: {days_min: 5}}"
FINAL = "{name: final_notice, act: send_notice, template: final_notice, when: {days_min: 15}}"
WARNED = "{stage: final_notice, days_min: 10, days_max: 30}"
SUSPENSION = (
    f"{{name: suspension, act: propose_suspension, template: suspension, when: {{days_min: 30}}, warned_by: {WARNED}}}"
)
ESCALATION = "{name: escalation, act: escalate, owner: finance, when: {days_min: 60}}"
LADDER = (REMINDER, FINAL, SUSPENSION, ESCALATION)


def text(*stages: str, more: str = "") -> str:
    """A policy file: line 1 its name, line 2 `stages:`, then a stage a line, then `more`."""
    return "\n".join(["name: p", "stages:", *(f"  - {stage}" for stage in stages), more])


def faults(written: str, templates: Path | None = None) -> list[tuple[int, str, str]]:
    """(line, place, found) of each fault; all of them say what to do."""
    with pytest.raises(CollectionsPolicyRefused) as refused:
        parse_collections_policy("p.yaml", written, templates)
    assert all(fault.remedy and fault.file == "p.yaml" for fault in refused.value.faults)
    return [(fault.line, fault.place, fault.found) for fault in refused.value.faults]


def only_fault(written: str, templates: Path | None = None) -> tuple[int, str, str]:
    (fault,) = faults(written, templates)
    return fault


def test_the_shipped_policy_has_no_fault_and_runs_only_dry() -> None:
    policy = read_collections_policy(SHIPPED)

    assert policy.live_from is None
    assert [stage.name for stage in policy.stages] == [
        "coming_due", "reminder", "final_notice", "suspension", "escalation",
    ]  # fmt: skip
    assert set(policy.minimum) == {"SEK", "EUR", "NOK", "DKK", "USD", "GBP"}
    assert policy.interest_in == frozenset()
    assert policy.letters == Letters(promise_broken=True)
    assert policy.stage("suspension").warned_by == Forewarning(stage="final_notice", days_min=14, days_max=30)


def test_every_key_is_read_as_it_is_written() -> None:
    written = text(
        "{name: early, act: send_notice, template: early, when: {days_min: 3, tags: [slow], without_tags: [vip]}}",
        "{name: final_notice, act: send_notice, template: t, days_after_previous_min: 2,"
        " when: {any_of: [{days_min: 15}, {amount_min: {SEK: 0.50, JPY: 3}, receivables_min: 2}]}}",
        SUSPENSION,
        ESCALATION,
        more="live_from: 2026-11-01\ndry_days: 3\nanchor: issue_date\ngrace_days: 2\nminimum: {NOK: {amount: 1.5}}\n"
        "part_payment_pause_days: 4\nreinstate_below: {NOK: 1}\nworking_days_only: no\nfeed_hours_max: 12\n"
        "daily_statements: [SE45 5000]\n"
        "quiet_hours: {begins: 18:00, ends: 07:30}\ninterest_in: [NO, SE]\nlanguages: [sv, en]\n"
        "letters: {promise_broken: true, statement: {day_of_month: 31}}\n"
        "overrides: [{countries: [NO], grace_days: 1, minimum: {EUR: {amount: 5, receivables: 2}}, because: far},"
        " {customers: [c1], stage_days: {suspension: 40}, because: good}]",
    )

    policy = parse_collections_policy("p.yaml", written)

    assert policy.stages[0].when == Condition(days_min=3, tags=frozenset({"slow"}), without_tags=frozenset({"vip"}))
    parts = policy.stages[1].when.any_of
    assert (Condition(days_min=15), Condition(amount_min={"SEK": 50, "JPY": 3}, receivables_min=2)) == parts
    assert (date(2026, 11, 1), 3, Anchor.ISSUE_DATE, 2) == (
        policy.live_from, policy.dry_days, policy.anchor, policy.grace_days,
    )  # fmt: skip
    assert policy.minimum == {"NOK": Minimum(amount=150)}
    assert (4, {"NOK": 100}, False, 12) == (
        policy.part_payment_pause_days, policy.reinstate_below, policy.working_days_only, policy.feed_hours_max,
    )  # fmt: skip
    assert policy.daily_statements == frozenset({"SE45 5000"})
    assert policy.quiet_hours == QuietHours(begins=time(18), ends=time(7, 30))
    assert (frozenset({"NO", "SE"}), ("sv", "en")) == (policy.interest_in, policy.languages)
    assert policy.letters == Letters(promise_broken=True, statement_day=31)
    assert policy.overrides == (
        Override(
            countries=frozenset({"NO"}), grace_days=1, minimum={"EUR": Minimum(amount=500, receivables=2)},
            because="far",
        ),
        Override(customers=frozenset({"c1"}), stage_days={"suspension": 40}, because="good"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("letters", "place"),
    [
        ("{promise_brokn: true}", "letters.promise_brokn"),
        ("{payment_received: often}", "letters.payment_received"),
        ("{statement: {day_of_month: 0}}", "letters.statement.day_of_month"),
        ("{statement: {day_of_month: 32}}", "letters.statement.day_of_month"),
        ("{statement: {}}", "letters.statement.day_of_month"),
    ],
)
def test_letters_that_mean_nothing_are_refused_at_their_line(letters: str, place: str) -> None:
    assert (7, place) == only_fault(text(*LADDER, more=f"letters: {letters}"))[:2]


def test_a_stage_that_bears_the_name_of_a_letter_is_refused() -> None:
    named = REMINDER.replace("name: reminder", "name: promise_broken")

    assert "is a letter beside the ladder" in only_fault(text(named, FINAL))[2]


def test_all_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    written = text(
        "{name: reminder, act: send_notice, tempate: reminder, when: {days_min: 20}}",
        "{name: final_notice, act: send_notice, template: final_notice, when: {days_min: 15}}",
        "{name: suspension, act: propose_suspension, template: s, when: {days_min: 40}}",
        "{name: escalation, act: escalate, when: {days_min: 60, amount_min: {SKE: 1, SEK: 1.001}}}",
        more="gracedays: 3\ninterest_in: [NO, UK]",
    )

    found = faults(written)

    assert [(line, place) for line, place, _ in found] == [
        (3, "stages.0.tempate"),
        (4, "stages.1.when.days_min"),
        (5, "stages.2.warned_by"),
        (6, "stages.3.owner"),
        (6, "stages.3.when.amount_min.SEK"),
        (6, "stages.3.when.amount_min.SKE"),
        (7, "gracedays"),
        (8, "interest_in.1"),
    ]


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ("gracedays: 3", "Did you mean grace_days?"),
        ("minimum: {SKE: {amount: 1}}", "Did you mean SEK?"),
        ("minimum: {SEK: {amonut: 1}}", "Did you mean amount?"),
        ("interest_in: [UK]", "Did you mean GB?"),
        (
            "notices: {number_max: 9, share_per_mille_max: 9, canary: 1, share_per_mile_max: 1}",
            "Did you mean share_per_mille_max?",
        ),
    ],
)
def test_a_slip_of_the_key_is_told_with_what_was_meant(change: str, remedy: str) -> None:
    with pytest.raises(CollectionsPolicyRefused) as refused:
        parse_collections_policy("p.yaml", text(*LADDER, more=change))

    (fault,) = refused.value.faults
    assert (7, remedy) == (fault.line, fault.remedy)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("minimum: {SEK: {amount: 1.005}}", "minimum.SEK.amount"),
        ("minimum: {SEK: {amount: -1}}", "minimum.SEK.amount"),
        ("minimum: {SEK: {amount: ten}}", "minimum.SEK.amount"),
        ("minimum: {JPY: {amount: 1.5}}", "minimum.JPY.amount"),
        ("minimum: {SEK: {receivables: 0}}", "minimum.SEK.receivables"),
        ("reinstate_below: {SEK: 0}", "reinstate_below.SEK"),
        ("live_from: tomorrow", "live_from"),
        ("dry_days: -1", "dry_days"),
        ("grace_days: 3651", "grace_days"),
        ("anchor: paid", "anchor"),
        ("feed_hours_max: 0", "feed_hours_max"),
        ("quiet_hours: {begins: 25:00, ends: 07:00}", "quiet_hours.begins"),
        ("quiet_hours: {begins: 18:00, ends: 18:00}", "quiet_hours.ends"),
        ("languages: []", "languages"),
        ("languages: [sv, sv]", "languages.1"),
        ("languages: [en, Swedish]", "languages.1"),
        ("notices: {number_max: 4, share_per_mille_max: 9, canary: 5}", "notices.canary"),
        ("suspensions: {number_max: 4, share_per_mille_max: 1001, canary: 4}", "suspensions.share_per_mille_max"),
        ("overrides: [{tags: [Big One], exempt: true, because: x}]", "overrides.0.tags.0"),
        ("name: q", "name"),
    ],
)
def test_a_value_that_can_not_be_is_refused_where_it_stands(more: str, place: str) -> None:
    line, found_place, _ = only_fault(text(*LADDER, more=more))

    assert (7, place) == (line, found_place)


@pytest.mark.parametrize(
    "more",
    [
        "minimum: {SEK: {amount: 1.00}}",
        "minimum: {SEK: {amount: 0.01, receivables: 1}}",
        "minimum: {JPY: {amount: 1}}",
        "grace_days: 3650",
        "quiet_hours: {begins: 18:00, ends: 18:01}",
        "notices: {number_max: 5, share_per_mille_max: 1000, canary: 5}",
        "live_from: null",
        "live_from:",
        "overrides: []",
    ],
)
def test_a_value_at_its_limit_is_taken(more: str) -> None:
    assert parse_collections_policy("p.yaml", text(*LADDER, more=more)).name == "p"


@pytest.mark.parametrize(
    ("written", "line", "says"),
    [
        ("", 1, "no keys"),
        ("- a\n", 1, "no keys"),
        ("name: p\nstages: [\n", 3, "this is no YAML"),
        ("name: p\n", 1, "the key is missing"),
        ("name: p\nstages: []\n", 2, "no stages"),
        ("name: p\nstages: 3\n", 2, "here a list is needed"),
        ("name: p\nstages: [3]\n", 2, "group of keys"),
        ("name: p\nstages: &a [*a]\n", 2, "this is no YAML|group of keys"),
    ],
)
def test_what_is_no_policy_at_all_is_refused(written: str, line: int, says: str) -> None:
    found = faults(written)

    assert line == found[0][0]
    assert any(each in found[0][2] for each in says.split("|"))


def test_a_policy_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("name: påminnelse\n".encode("latin-1"))

    with pytest.raises(CollectionsPolicyRefused, match=r"none.yaml:1: there is no such file"):
        read_collections_policy(tmp_path / "none.yaml")
    with pytest.raises(CollectionsPolicyRefused, match="not UTF-8"):
        read_collections_policy(tmp_path / "latin.yaml")


def test_comments_the_order_of_keys_and_the_form_of_numbers_make_no_new_version() -> None:
    one = parse_collections_policy("p.yaml", text(*LADDER, more="minimum: {SEK: {amount: 1.00}, EUR: {amount: 2}}"))
    other = parse_collections_policy(
        "q.yaml", "minimum:  # why\n  EUR: {amount: 2.0}\n  SEK: {amount: 1, receivables: 1}\n" + text(*LADDER)
    )

    assert one.version == other.version


def test_a_default_that_is_written_out_makes_no_new_version() -> None:
    """So a key that a later release adds leaves the versions of policies that don't use it as they are."""
    written_out = "grace_days: 0\nfeed_hours_max: 48\nworking_days_only: true\nlanguages: [en]\noverrides: []"
    spare = parse_collections_policy("p.yaml", text(*LADDER))

    assert spare.version == parse_collections_policy("p.yaml", text(*LADDER, more=written_out)).version
    assert "grace_days" not in policy_text(spare)


def test_what_is_worked_out_of_a_policy_is_no_part_of_its_version() -> None:
    """Open rounds pin versions: a shortcut that is kept beside the stages must not make every policy a new one."""
    policy = parse_collections_policy("p.yaml", text(*LADDER))

    assert policy.once_overdue
    assert "once_overdue" not in policy_text(policy)
    assert "warning_stages" not in policy_text(policy)


def test_a_version_that_was_used_once_is_read_though_it_would_be_refused_today() -> None:
    unordered = text(FINAL, REMINDER)

    assert faults(unordered)
    assert ["final_notice", "reminder"] == [stage.name for stage in parse_kept_policy("p.yaml", unordered).stages]
    with pytest.raises(CollectionsPolicyRefused, match="no YAML"):
        parse_kept_policy("p.yaml", "stages: [")


def test_any_other_word_makes_a_new_version() -> None:
    changes = ("", "grace_days: 1", "live_from: 2026-01-01", "minimum: {SEK: {amount: 2}}", "languages: [sv, en]",
               "languages: [en, sv]", "daily_statements: [DE00]",
               "notices: {number_max: 9, share_per_mille_max: 9, canary: 1}")  # fmt: skip

    versions = [parse_collections_policy("p.yaml", text(*LADDER, more=more)).version for more in changes]

    assert len(changes) == len(set(versions))
    assert all(len(version) == 16 for version in versions)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    notices = Path(__file__).parents[2] / "include" / "templates" / "notices"
    for language in ("en", "sv"):
        shutil.copytree(notices / language, tmp_path / language)
    return tmp_path


def test_templates_that_are_all_there_are_found(templates: Path) -> None:
    policy = parse_collections_policy("p.yaml", text(*LADDER, more="languages: [sv, en]"), templates)

    assert isinstance(policy, CollectionsPolicy)


def test_a_notice_that_is_in_no_language_is_refused(templates: Path) -> None:
    written = text(REMINDER.replace("template: reminder", "template: remindre"), *LADDER[1:])

    assert (3, "stages.0.template", "there is no notice 'remindre'") == only_fault(written, templates)


def test_a_missing_translation_is_refused(templates: Path) -> None:
    (templates / "sv" / "final_notice.j2").unlink()

    found = faults(text(*LADDER, more="languages: [sv, en]"), templates)

    assert (4, "stages.1.template", "the notice 'final_notice' is not there in 'sv'") in found
    assert (7, "languages.0", "sv/final_notice.j2 is missing") in found


def test_a_translation_that_no_stage_names_is_missed_too(templates: Path) -> None:
    (templates / "sv" / "reinstatement.j2").unlink()

    found = only_fault(text(*LADDER, more="languages: [sv, en]"), templates)

    assert (7, "languages.0", "sv/reinstatement.j2 is missing") == found


def test_a_language_without_notices_is_refused(templates: Path) -> None:
    found = only_fault(text(*LADDER, more="languages: [sv, fi]"), templates)

    assert (7, "languages.1", "there are no notices in 'fi'") == found


def test_acts_are_named_as_the_product_knows_them() -> None:
    policy = parse_collections_policy("p.yaml", text(*LADDER))

    assert [Act.SEND_NOTICE, Act.SEND_NOTICE, Act.PROPOSE_SUSPENSION, Act.ESCALATE] == [s.act for s in policy.stages]

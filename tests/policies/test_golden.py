"""Golden cases under two policies."""

from compensation_service.policies.golden import compare, golden_cases
from compensation_service.policies.load import default_policy, default_text, load_policy


def by_case(before, after):
    return {found.case: found for found in compare(before, after)}


def test_every_category_and_both_modes_are_among_them_and_all_can_be_decided():
    found = by_case(default_policy(), default_policy())
    assert {case.incident.category for case in golden_cases()} == set(default_policy().categories)
    assert {outcome.before.mode for outcome in found.values()} == {"kept", "rejected"}
    assert len(found) == len(golden_cases())
    assert not any(outcome.changed for outcome in found.values())
    assert found["72 hours late"].before.goodwill == 1450
    assert found["never arrived"].before.worth > 10_000


def test_a_change_shows_in_the_cases_it_touches_and_in_no_other():
    after = load_policy(default_text().replace("share_max: 0.30", "share_max: 0.35", 1))
    changed = {name for name, found in by_case(default_policy(), after).items() if found.changed}
    assert "72 hours late" in changed
    assert not changed & {"rude", "unsafe", "never arrived"}


def test_a_policy_that_cannot_decide_a_case_says_why():
    text = default_text()
    start, end = text.index("  support_wait:"), text.index("  other:")
    signal = "  long_wait: {category: support_wait, at_least: 10, fault: company}"
    without = (text[:start] + text[end:]).replace(signal, "")
    found = by_case(default_policy(), load_policy(without))["30 minutes on the phone"]
    assert found.changed
    assert found.after.startswith("The policy knows the categories")


def test_amounts_are_scaled_to_a_currency_that_both_know():
    text = default_text()
    start, end = text.index("  EUR:"), text.index("  JPY:")
    found = by_case(default_policy(), load_policy(text[:start] + text[end:]))["14 days late"]
    assert found.before.currency == found.after.currency == "JPY"
    assert found.before.goodwill == 4450
    assert not found.changed

"""The default policy with one change that breaks a rule: old text, new text, the code of the rule, and the place."""

LAST = "severe: 1}"
"""The end of the default policy."""

OWN = (
    "{id: quiet-day, title: A quiet day, basis: promise, currency: EUR, sources: [{url: 'https://example.com'}],"
    " facts: {}, owed: [{kind: payment, amount: 5}]}"
)

CHANGES = [
    # structure: old text, new text, code, path
    ("floor: 0.03", "flor: 0.03", "missing_key", "goodwill.floor"),
    ("floor: 0.03", "floor: 0.03\n  roof: 1", "unknown_key", "goodwill.roof"),
    ("floor: 0.03", "floor: '0.03'", "unusable_value", "goodwill.floor"),
    ("floor: 0.03", "floor: true", "unusable_value", "goodwill.floor"),
    ("floor: 0.03", "floor: 0.0300001", "unusable_value", "goodwill.floor"),
    ("floor: 0.03", "floor: 3.0", "unusable_value", "goodwill.floor"),
    ("most: 1.0 ", "most: 1000000000001 ", "unusable_value", "goodwill.most"),
    ("most: 1.0 ", "most: 0 ", "unusable_value", "goodwill.most"),
    ("weight: 0.20", "weight: -0.20", "unusable_value", "loyalty.weight"),
    ("external: 0.25", "external: 1.25", "unusable_value", "goodwill.fault.external"),
    ("external: 0.25", "weather: 0.25", "unusable_value", "goodwill.fault.weather"),
    ("gift: {form", "present: {form", "unusable_value", "kinds.present"),
    ("moderate: 0.25, high", "medium: 0.25, high", "unusable_value", "severity.bands.medium"),
    ("reference_value: 34.000, ", "", "currency_without_reference", "currencies.KWD.reference_value"),
    ("options_most: 3", "options_most: 4", "unusable_value", "choice.options_most"),
    ("voucher_days: 180", "voucher_days: 179", "unusable_value", "choice.voucher_days"),
    ("same_category: 1.5", "same_category: 0.5", "unusable_value", "severity.repeats.same_category"),
    ("most: 1.0 ", "most: 1.0\n  total_cap_: 2 ", "unknown_key", "goodwill.total_cap_"),
    ("  late_delivery:", "  Late Delivery:", "unusable_word", "categories.Late Delivery"),
    (
        "soft: true, voucher: true}\n  bonus",
        "soft: 1, voucher: true}\n  bonus",
        "unusable_value",
        "kinds.next_purchase_discount.soft",
    ),
    # signals
    (
        "long_wait: {category: support_wait",
        "long_wait: {category: waiting",
        "unknown_category",
        "signals.long_wait.category",
    ),
    ("support_wait, at_least: 10,", "support_wait,", "signal_unbounded", "signals.long_wait"),
    (
        "support_wait, at_least: 10,",
        "support_wait, at_least: 10, grade: long,",
        "unknown_grade",
        "signals.long_wait.grade",
    ),
    ("at_most: 2, grade: unhelpful", "at_most: 2", "unknown_grade", "signals.low_rating.grade"),
    ("at_most: 2, grade: unhelpful", "at_most: 2, grade: sad", "unknown_grade", "signals.low_rating.grade"),
    # currencies
    ("  EUR:", "  EUU:", "unknown_currency", "currencies.EUU"),
    ("reference_value: 16000", "reference_value: 16000.5", "no_such_amount", "currencies.JPY.reference_value"),
    ("step: 0.250", "step: 0.2505", "no_such_amount", "currencies.KWD.neat[0].step"),
    ("{below: 5000, step: 50}", "{below: 500, step: 50}", "steps_not_rising", "currencies.RUB.neat[1]"),
    ("{below: 5000, step: 50}", "{step: 50}", "steps_not_rising", "currencies.RUB.neat[1]"),
    ("{step: 1.000}", "{below: 90, step: 1.000}", "last_step_bounded", "currencies.KWD.neat[2]"),
    # curves
    ("[24, 0.10]", "[12, 0.10]", "curve_x_not_rising", "categories.late_delivery.delay.curve[2][0]"),
    ("[12, 0.04]", "[12, 0.12]", "curve_not_monotone", "categories.late_delivery.delay.curve[2][1]"),
    ("[4, 0.63]", "[4, 0.43]", "curve_not_monotone", "categories.support_wait.wait.curve[3][1]"),
    ("[90, 0.25]", "[90, 0.55]", "curve_not_monotone", "severity.repeats.weight_by_age_days[2][1]"),
    ("[336, 1]", "[336, 1.1]", "curve_out_of_bounds", "categories.late_delivery.delay.curve[12][1]"),
    ("[[24, 1]", "[[24, 0.9]", "curve_out_of_bounds", "goodwill.slowness[0][1]"),
    ("[0.5, 0.679]", "[0.5, 0.65]", "curve_not_concave", "goodwill.rise[5][1]"),
    ("value_damping: [[0, 0], ", "value_damping: [", "damping_start", "goodwill.value_damping[0]"),
    ("[1.5, 1.5]", "[1.5, 1.51]", "damping_adds", "goodwill.value_damping[1][1]"),
    ("[180, 0]]", "[180, 0.1]]", "memory_without_end", "severity.repeats.weight_by_age_days[4][1]"),
    # tables
    (", same_day: 12", "", "incomplete", "categories.late_delivery.delay.service_levels"),
    (", social: 240", "", "incomplete", "categories.support_wait.wait.targets"),
    (", shared: 0.60", "", "incomplete", "goodwill.fault"),
    ("standard: 0,", "bronze: 0,", "incomplete", "loyalty.tiers"),
    ("    low: {acknowledge: 1, decide: 24, carry_out: 72, follow_up: 168}\n", "", "incomplete", "clocks.by_band"),
    ("  apology: {form: attention, factor: 0, cost_ratio: 0}\n", "", "incomplete", "kinds"),
    ("high: 0.50, ", "", "incomplete", "severity.bands"),
    # categories
    ("ceiling: 0.85", "ceiling: 0", "ceiling_zero", "categories.late_delivery.ceiling"),
    ("share_cap: 0.60", "share_cap: 0.61", "share_cap_too_high", "categories.defective_item.share_cap"),
    ("share_max: 0.50", "share_max: 0.61", "share_above_cap", "categories.defective_item.share_max"),
    ("always: 1 ", "always: 1\n    grades: {a: 1} ", "one_magnitude", "categories.not_received"),
    ("    always: 1 ", "    mode: rejected ", "duplicate_key", "categories.not_received.mode"),
    (
        "grades: {minor: 0.25, moderate: 0.50, major: 0.75, severe: 1}",
        "grades: {}",
        "no_grades",
        "categories.other.grades",
    ),
    ("undoing: [cancelled]", "undoing: [canceled]", "unknown_grade", "categories.cannot_supply.undoing[0]"),
    ("menu: attention", "menu: attention\n    undoing: [rude]", "process_rejected", "categories.poor_service.basis"),
    ("menu: service", "menu: service\n    mode: rejected", "process_rejected", "categories.technical_failure.basis"),
    ("menu: service", "menu: servants", "unknown_menu", "categories.technical_failure.menu"),
    (
        "menu: goods\n    grades: {cos",
        "menu: service\n    grades: {cos",
        "menu_without_rejected",
        "categories.defective_item.menu",
    ),
    ("grade: unsafe", "grade: unsave", "unknown_grade", "approval.person_for_grades[0].grade"),
    ("category: poor_service", "category: bad_service", "unknown_category", "approval.person_for_grades[1].category"),
    # kinds
    ("repair: {form: puts_right", "repair: {form: service", "form_of_kind", "kinds.repair.form"),
    ("gift: {form: goods", "gift: {form: puts_right", "form_of_kind", "kinds.gift.form"),
    (
        "personal_call: {form: attention, factor: 0",
        "personal_call: {form: attention, factor: 1",
        "attention_carries_money",
        "kinds.personal_call.factor",
    ),
    (
        "payment: {form: money, factor: 1.00",
        "payment: {form: money, factor: 1.10",
        "money_is_money",
        "kinds.payment.factor",
    ),
    ("payment: {form: money,", "payment: {form: money, soft: true,", "money_is_money", "kinds.payment"),
    ("payment: {form: money,", "payment: {form: money, voucher: true,", "money_is_money", "kinds.payment"),
    ("factor: 1.15", "factor: 0.95", "factor_below_one", "kinds.store_credit.factor"),
    # menus
    (
        "      low:\n        - [apology, correction]\n        - [apology, free_service_period]\n",
        "",
        "menu_band_empty",
        "menus.service.kept",
    ),
    ("- [apology]\n", "- [apology, gift]\n", "carries_money", "menus.goods.kept.trivial[0]"),
    ("help: [priority_support]", "help: [gift]", "carries_money", "choice.help"),
    ("apology_by_person: personal_call", "apology_by_person: gift", "carries_money", "guards.apology_by_person"),
    (
        "without_money: [apology, personal_call]",
        "without_money: [gift]",
        "carries_money",
        "menus.attention.without_money",
    ),
    ("- [apology, gift]", "- [apology, gift, store_credit]", "goodwill_twice", "menus.goods.kept.moderate[7]"),
    ("- [apology, replacement]", "- [replacement, partial_refund]", "goodwill_twice", "menus.goods.kept.low[0]"),
    ("- [apology, gift]", "- [apology, personal_call]", "goodwill_not_carried", "menus.goods.kept.moderate[7]"),
    ("- [apology, gift]", "- [apology, full_refund]", "restitution_in_menu", "menus.goods.kept.moderate[7]"),
    (
        "    rejected:\n      - [apology, payment]",
        "    rejected:\n      - [apology, repair]",
        "restitution_in_menu",
        "menus.goods.rejected[0]",
    ),
    (
        "        - [apology, free_service_period]\n      moderate",
        "      moderate",
        "menu_wears_out",
        "menus.service.kept.low",
    ),
    ("        - [apology, personal_call, payment]\n", "", "menu_without_money", "menus.goods.kept.critical"),
    ("        - [apology, personal_call, partial_refund]\n", "", "menu_without_money", "menus.goods.kept.critical"),
    ("        - [apology, personal_call, store_credit]\n", "", "menu_without_credit", "menus.goods.kept.critical"),
    ("        - [apology, personal_call, free_upgrade]\n", "", "menu_without_kind", "menus.goods.kept.critical"),
    # goodwill
    ("total_cap: 1.20", "total_cap: 1.51", "total_cap_too_high", "goodwill.total_cap"),
    ("most: 1.0 ", "most: 0.02 ", "floor_above_cap", "goodwill.floor"),
    ("rejected_cap: 0.20", "rejected_cap: 0.21", "rejected_cap_too_high", "goodwill.rejected_cap"),
    ("rejected_slope: 0.15", "rejected_slope: 0.16", "share_above_cap", "goodwill.rejected_slope"),
    ("partner: 0.85", "partner: 0.75", "fault_order", "goodwill.fault.unknown"),
    ("customer: 0}", "customer: 0.1}", "fault_of_customer", "goodwill.fault.customer"),
    ("trivial: 0,", "trivial: 0.05,", "bands_not_rising", "severity.bands.trivial"),
    ("high: 0.50,", "high: 0.25,", "bands_not_rising", "severity.bands.high"),
    # limits
    (
        "{role: agent, most: 1}, {role: lead, most: 2}",
        "{role: lead, most: 2}, {role: agent, most: 2}",
        "limits_order",
        "approval.limits",
    ),
    ("{role: manager}", "{role: manager, most: 9}", "last_limit_bounded", "approval.limits[2].most"),
    ("{role: lead, most: 2}", "{role: lead}", "limits_not_rising", "approval.limits[1]"),
    ("{role: lead, most: 2}", "{role: lead, most: 0.9}", "limits_not_rising", "approval.limits[1].most"),
    ("automatic_most: 0.5", "automatic_most: 1.5", "limits_not_rising", "approval.limits[0].most"),
    ("claim_rate_person: 0.35", "claim_rate_person: 0.24", "signals_not_rising", "guards.claim_rate_person"),
    ("hurried_from_repeats: 2", "hurried_from_repeats: 4", "never_reached", "clocks.hurried_from_repeats"),
    ("critical_repeats: 2", "critical_repeats: 3.5", "never_reached", "approval.person_for_critical_repeats"),
    ("decide: 4,", "decide: 13,", "clocks_not_falling", "clocks.by_band.high.decide"),
    ("follow_up: 48", "follow_up: 0", "clocks_not_falling", "clocks.by_band.critical.follow_up"),
    ("hurried: critical", "hurried: high", "clocks_not_falling", "clocks.hurried"),
    # schemes
    *(
        (LAST, f"{LAST}\nschemes:\n{scheme}", code, path)
        for scheme, code, path in [
            ("  - {categories: [other]}", "scheme_unclear", "schemes[0]"),
            (f"  - {{pack: shop-late-parcel, own: {OWN}}}", "scheme_unclear", "schemes[0]"),
            ("  - {pack: eu-2019-771-food}", "unknown_pack", "schemes[0].pack"),
            ("  - {pack: shop-late-parcel}\n  - {pack: shop-late-parcel}", "scheme_twice", "schemes[1]"),
            ("  - {pack: uk-cra-2015, categories: [defects]}", "unknown_category", "schemes[0].categories[0]"),
            ("  - {pack: eu-2011-83-withdrawal, if_given: [tired]}", "unknown_fact", "schemes[0].if_given[0]"),
            (f"  - own: {OWN.replace('quiet-day', 'uk-cra-2015')}", "id_of_pack", "schemes[0].own.id"),
            (f"  - own: {OWN.replace('amount: 5', 'amount: prise')}", "unknown_name", "schemes[0].own.owed[0].amount"),
        ]
    ),
]

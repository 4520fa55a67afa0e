"""Golden values, worked by hand: V = 100.00 EUR, order 100.00, company's fault, new customer, in time, first incident.

A ÷ V = 1, which damping leaves at 1, so A_eff = 100. φ = λ = τ = 1. Kept: p = p_max × rise((S − .10) ÷ .90).

delay     m      S = .85 m   (S − .10) ÷ .90   rise, six decimals                              × .30 × 100
 24 h   .10      .085        below 0           0                                                0
 36 h   .17      .1445       .0494444…         .179 × .494444… = .0885055…   → .088506          2.65518
 48 h   .25      .2125       .125              .179 + .155 × .25             = .217750          6.5325
 72 h   .44      .374        .3044444…         .467 + .114 × .0444444…       → .472067         14.16201
120 h   .79      .6715       .635              .764 + .073 × .35             = .789550         23.6865
168 h   .94      .799        .7766666…         .837 + .063 × .7666666…       → .885300         26.559
336 h  1         .85         .8333333…         .900 + .053 × .3333333…       → .917667         27.53001

defect (S = .90 m)                                                                             × .50 × 100
cosmetic .25     .225        .1388888…         .179 + .155 × .388888…        → .239278         11.9639
impaired .55     .495        .4388888…         .581 + .098 × .388888…        → .619111         30.95555
unusable .90     .81         rejected: .05 + .15 × .81 = .1715                                 17.15, and 100 back
"""

from decimal import Decimal

import pytest

from decision.cases import ORDER, an_incident, decided


@pytest.mark.parametrize(
    ("hours", "minor"),
    [
        (24, "0"),
        (36, "265.518"),
        (48, "653.25"),
        (72, "1416.201"),
        (120, "2368.65"),
        (168, "2655.9"),
        (336, "2753.001"),
    ],
)
def test_late_delivery(hours, minor):
    decision = decided(an_incident(delay_hours=Decimal(hours)))
    assert decision.goodwill.exact == Decimal(minor)


@pytest.mark.parametrize(("grade", "minor"), [("cosmetic", "1196.39"), ("impaired", "3095.555"), ("unusable", "1715")])
def test_defective_item(grade, minor):
    decision = decided(an_incident("defective_item", grade=grade))
    assert decision.goodwill.exact == Decimal(minor)
    assert [owed.amount for owed in decision.entitlements] == ([ORDER.total] if grade == "unusable" else [])


def test_36_hours_stay_under_the_floor_and_48_do_not():
    assert decided(an_incident(delay_hours=Decimal(36))).amount.minor == 0
    assert decided(an_incident(delay_hours=Decimal(48))).amount.minor == 700

"""What the models see of a settlement: a fixed list of numbers; `models.reading` tells how each is read.

Every input is a number that grows with oddness where oddness has a direction, or ``None`` where nothing is known (too
little history, a pack without the feature): unknown is never odd. The numbers are also cut into *cells*
(`models.cells`), on which the supervised model counts verdicts.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

Values = list[float | None]
"""One number for each of `INPUTS`."""


class Input(NamedTuple):
    """One number.

    The centre and spread are what an area is taken to be like until it has shown what it is like
    (`models.baseline`), in the unit of the number.
    """

    name: str
    doc: str
    centre: float
    spread: float


INPUTS: Final = (
    Input("amount", "natural logarithm of the total fee in yuan, plus one", 4.5, 1.2),
    Input("amount_to_own_usual", "logarithm of the total to the median of the person's latest visits", 0.0, 0.7),
    Input("own_large_recently", "the person's visits of 14 days at over 3 times that median", 0.3, 0.8),
    Input("own_visits_week", "the person's other visits of 7 days", 0.8, 1.5),
    Input("own_institutions_month", "institutions the person visited in 30 days", 1.0, 1.2),
    Input("elsewhere_just_before", "closeness in time of a visit elsewhere; 0 = none in 12 hours", 0.0, 0.15),
    Input("own_same_amount", "the same of a visit here of this very amount", 0.0, 0.15),
    Input("own_open_stays", "the person's stays that have begun and not ended, or overlap this one", 0.0, 0.1),
    Input("night", "1 between 22:00 and 06:00", 0.02, 0.15),
    Input("institution_day", "the institution's total today, in deviations of its usual days", 0.0, 1.2),
    Input("institution_hour", "logarithm of the institution's settlements this hour to the same hour before", 0.0, 0.6),
    Input("same_amount_today", "logarithm of the square of others here of this amount to all of today", 0.05, 0.2),
    Input("institution_now", "logarithm of the others at the institution within five minutes", 0.3, 0.5),
    Input("prescriber_day", "logarithm of the first prescriber's settlements of today", 2.0, 1.0),
    Input("prescriber_places", "other institutions where that prescriber was within half an hour", 0.0, 0.1),
    Input("known_trace_codes", "trace codes of the settlement that were met before, in it or in another", 0.0, 0.1),
    Input("codes_to_packs", "distance of trace codes from whole packs of medicine, as a share", 0.0, 0.05),
    Input("price_over_limit", "how far the dearest line's price is above its limit, as a share", 0.0, 0.005),
    Input("days_supplied", "logarithm of the longest supply in days", 2.5, 0.8),
    Input("supply_left", "logarithm of the days that the person still has of one of the drugs", 0.5, 0.6),
    Input("same_drug_month", "logarithm of the person's supplies of one of the drugs within 30 days", 0.2, 0.4),
    Input("most_of_one_item", "logarithm of the largest quantity of one line", 1.0, 0.8),
    Input("lines", "logarithm of the number of lines", 1.3, 0.5),
    Input("away", "1 if the person is insured in another city", 0.06, 0.25),
    Input("fund_share", "share of the total that the fund pays", 0.4, 0.3),
)  # fmt: skip

NAMES: Final = tuple(each.name for each in INPUTS)
(
    AMOUNT,
    TO_USUAL,
    LARGE,
    WEEK,
    MONTH,
    ELSEWHERE,
    REPEATED,
    STAYS,
    NIGHT,
    DAY,
    HOUR,
    SAME,
    NOW,
    PRESCRIBED,
    PLACES,
    CODES,
    PACKS,
    PRICE,
    SUPPLY,
    LEFT,
    AGAIN,
    MOST,
    LINES,
    AWAY,
    FUND,
) = range(len(INPUTS))

SCHEMA: Final = blake2b(repr(INPUTS).encode(), digest_size=8).hexdigest()
"""Names the list: a model that was taught on another list is not used on this one."""

"""A settlement event as the engine sees it: typed, scaled, times in milliseconds.

Field names are the national platform's. Money is in fen, prices in millionths of a yuan, `cnt` and `prd_days` in
ten-thousandths (`money`); times are epoch milliseconds, `brdy` is a Beijing day (`time`). ``None`` is unknown: the
sender left the field out, sent null, or sent a blank.

The records hold no cycles, so the garbage collector need not follow them (``gc=False``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field


class TraceCode(Struct, kw_only=True, gc=False):
    """A drug trace code on a line: one box, sold once."""

    drug_trac_codg: Annotated[str, Meta(min_length=1, max_length=100)]
    trdn_flag: Literal["0", "1"] | None = None
    """``1`` = part of a split pack."""
    min_prcunt_type: str | None = None


class Diagnosis(Struct, kw_only=True, gc=False):
    """A diagnosis of the visit."""

    dise_codg: str
    """ICD-10, national clinical edition."""
    maindise_flag: Literal["0", "1"] | None = None
    inout_dise_type: Literal["1", "2"] | None = None


class Line(Struct, kw_only=True, gc=False):
    """A fee line. A line with negative `cnt` refunds the line `init_feedetl_sn`."""

    feedetl_sn: str
    init_feedetl_sn: str | None = None
    fee_ocur_time: int
    list_type: str
    """101 western and patent drugs, 102 herbal pieces, 106 granules, 201 services, 301 consumables."""
    med_list_codg: str
    med_chrgitm_type: str | None = None
    cnt: int
    pric: int
    pric_uplmt_amt: int | None = None
    det_item_fee_sumamt: int | None = None
    inscp_scp_amt: int | None = None
    prd_days: int | None = None
    rxno: str | None = None
    bilg_dr_codg: str | None = None
    """The prescriber; ``None`` also for a placeholder (all zeros, nines), which is never a key."""
    bilg_dept_codg: str | None = None
    drug_trac_info: list[TraceCode] = field(default_factory=list)


class Event(Struct, kw_only=True, gc=False):
    """A settlement, a reversal, an admission or a discharge."""

    event_id: str
    """The delivery (the sender's msgid); `setl_id` is the settlement."""
    event_type: str
    """``settlement``, ``reversal``, ``admission`` or ``discharge``."""
    inf_time: int
    mdtrtarea_admvs: str
    insuplc_admdvs: str
    fixmedins_code: str
    medins_lv: str | None = None
    psn_no: str
    psn_type: str | None = None
    gend: str | None = None
    brdy: int | None = None
    insutype: str | None = None
    mdtrt_id: str
    mdtrt_cert_type: str | None = None
    setl_id: str | None = None
    init_setl_id: str | None = None
    refd_setl_flag: str | None = None
    setl_time: int | None = None
    begndate: int | None = None
    enddate: int | None = None
    med_type: str | None = None
    er_flag: str | None = None
    online_flag: str | None = None
    diagnoses: list[Diagnosis] = field(default_factory=list)
    medfee_sumamt: int | None = None
    inscp_scp_amt: int | None = None
    fund_pay_sumamt: int | None = None
    acct_pay: int | None = None
    psn_cash_pay: int | None = None
    feedetail: list[Line] = field(default_factory=list)
    time: int
    """Event time: `setl_time`, `begndate`, `enddate` or `inf_time`, by kind."""
    service_time: int
    """The latest `fee_ocur_time` of the lines; `time` when there are none."""
    psn_ref: str = ""
    """Keyed hash of `psn_no` (`person`), filled by the engine."""

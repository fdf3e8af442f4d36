"""Records as they stand on the wire: settlement-event.schema.json in msgspec's words, nothing scaled, nothing parsed.

A default tells what may be left out; ``| None`` tells what may be null; the two are different things in the schema.
A left-out field that the schema lets neither be null nor be guessed stays `UNSET`. Properties without a rule in
the schema are skipped. Diagnoses and trace codes need no conversion, so they are read straight
into the records of `events`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from streams.contract.events import Diagnosis, TraceCode

Kind = Literal["settlement", "reversal", "admission", "discharge"]
Flag = Literal["0", "1"] | None
Text30 = Annotated[str, Meta(min_length=1, max_length=30)]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
Text64 = Annotated[str, Meta(min_length=1, max_length=64)]
Area = Annotated[str, Meta(min_length=6, max_length=6)]
# From "2026-11-20" to "2026-11-20T09:12:33.123456+08:00"; `parse_time` checks the rest.
TimeText = Annotated[str, Meta(min_length=10, max_length=32)]

TraceCodes = Annotated[list[TraceCode], Meta(max_length=500)]
Diagnoses = Annotated[list[Diagnosis], Meta(max_length=50)]


class WireLine(Struct, kw_only=True, gc=False):
    """A fee line."""

    feedetl_sn: Text30
    init_feedetl_sn: str | None = None
    fee_ocur_time: TimeText
    list_type: str
    med_list_codg: Text50
    med_chrgitm_type: str | None = None
    cnt: float
    pric: float
    pric_uplmt_amt: float | None = None
    det_item_fee_sumamt: float | None
    inscp_scp_amt: float | None = None
    prd_days: float | None = None
    rxno: str | None = None
    bilg_dr_codg: str | None = None
    bilg_dept_codg: str | None = None
    drug_trac_info: TraceCodes = field(default_factory=list)


class WireEvent(Struct, kw_only=True, gc=False):
    """A settlement event of any kind; what a kind requires beyond this is checked by `decode`."""

    event_id: Text64
    event_type: Kind
    inf_time: TimeText
    mdtrtarea_admvs: Area
    insuplc_admdvs: Area
    fixmedins_code: Text30
    medins_lv: str | None = None
    psn_no: Text50
    psn_type: str | None = None
    gend: Literal["0", "1", "2", "9"] | None = None
    brdy: str | None = None
    insutype: str | None = None
    mdtrt_id: Text50
    mdtrt_cert_type: str | None = None
    setl_id: Text50 | UnsetType = UNSET
    init_setl_id: Annotated[str, Meta(max_length=50)] | None = None
    refd_setl_flag: Flag = None
    setl_time: TimeText | UnsetType = UNSET
    begndate: TimeText | None = None
    enddate: TimeText | None = None
    med_type: Annotated[str, Meta(max_length=6)] | UnsetType | None = UNSET
    er_flag: Flag = None
    online_flag: Flag = None
    diagnoses: Diagnoses = field(default_factory=list)
    medfee_sumamt: float | UnsetType | None = UNSET
    inscp_scp_amt: float | None = None
    fund_pay_sumamt: float | UnsetType | None = UNSET
    acct_pay: float | None = None
    psn_cash_pay: float | None = None
    feedetail: Annotated[list[WireLine], Meta(max_length=5000)] | UnsetType = UNSET

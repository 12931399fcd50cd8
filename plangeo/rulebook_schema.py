"""The form of a rulebook file: what may stand in it, of which type; pydantic models, nothing else.

The words of the file are those of ``plangeo.model``; ``from`` and ``to`` are both inclusive.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=60)]
Text = Annotated[str, StringConstraints(strict=True, max_length=4000)]
Day = Annotated[dt.date, Field(strict=True)]


class Form(BaseModel):
    """Unknown words are faults, so that a misspelt key cannot silently mean nothing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Words(Form):
    vi: Text = ""
    en: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: object) -> object:
        return {"vi": value, "en": value} if isinstance(value, str) else value


class BasisForm(Form):
    document: Text
    article: Text = ""
    source: Text = ""
    verified: bool = False
    note: Text = ""


class Dated(Form):
    valid_from: Day | None = Field(default=None, alias="from")
    valid_to: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError(f"'from' {self.valid_from} is later than 'to' {self.valid_to}")
        return self


class Head(Form):
    name: Words
    profile: Code | None = None
    illustrative: bool = False
    version: Text = ""
    source: Text = ""


class PlanForm(Form):
    plan_id: Code
    title: Words
    level: Text
    decision: Text
    authority: Text
    valid_from: Day | None
    valid_to: Day | None
    scale: Annotated[int, Field(gt=0, le=100_000_000)] | None = None
    accuracy_m: Annotated[float, Field(ge=0)] | None = None
    rank: int | None = None
    theme: Code = "land_use"
    status: Text = ""
    successor: Code | None = None
    source: Text = ""
    illustrative: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> PlanForm:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError(f"valid_from {self.valid_from} is later than valid_to {self.valid_to}")
        return self


class ClassForm(Form):
    code: Code
    name: Words = Words()
    parent: Code | None = None
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    overlay: bool = False


class UseForm(Form):
    code: Code
    name: Words
    synonyms: list[Text] = []


class ConditionForm(Form):
    field: Code
    op: Literal["<", "<=", "==", "!=", ">=", ">", "in", "not_in"]
    value: float | Text | list[float | Text]
    note: Words = Words()


class RuleForm(Dated):
    use: Code | list[Code]
    zone: Code | list[Code]
    verdict: Literal["permitted", "conditional", "unknown", "not_permitted"]
    basis: Code | BasisForm
    conditions: list[ConditionForm] = []
    otherwise: Literal["conditional", "unknown", "not_permitted"] = "not_permitted"
    note: Words = Words()


class ThresholdForm(Dated):
    use: Code | list[Code]
    zone: Code | list[Code]
    basis: Code | BasisForm
    area_m2: Annotated[float, Field(gt=0)] | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    width_m: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> ThresholdForm:
        if self.area_m2 is None and self.share is None and self.width_m is None:
            raise ValueError("a threshold needs at least one bound: area_m2, share or width_m")
        return self


class PrecedenceForm(Dated):
    order: Annotated[list[Code], Field(min_length=2)]
    basis: Code | BasisForm

    @model_validator(mode="after")
    def _dated(self) -> PrecedenceForm:
        if self.valid_from is None:
            raise ValueError("precedence must be dated: give 'from'")
        return self


class BookForm(Form):
    rulebook: Head
    plans: Annotated[list[PlanForm], Field(min_length=1)]
    uses: list[UseForm] = []
    rules: list[RuleForm] = []
    classes: list[ClassForm] = []
    bases: dict[str, BasisForm] = {}
    thresholds: list[ThresholdForm] = []
    precedence: list[PrecedenceForm] = []

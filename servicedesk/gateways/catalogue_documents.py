"""What an entry of the catalogue file may state, as pydantic models; None is 'not stated'."""

import re
from datetime import date, time
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from servicedesk.rules.approval_steps import REMIND_AFTER, Approver, By, Need, Step
from servicedesk.rules.catalogue import (
    Audience,
    CategoryKind,
    FieldKind,
    LocalText,
    NoticeKind,
    RoutingAttribute,
    Strategy,
)
from servicedesk.rules.forms import is_bound
from servicedesk.rules.priority import LEVELS, is_monotonic

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PERIOD = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PydanticCustomError("zone", "unknown time zone") from error
    return name


def _periods(value: object) -> tuple[tuple[time, time], ...]:
    texts = [str(text) for text in value] if isinstance(value, list) else ["?"]
    matches = [PERIOD.fullmatch(text) for text in texts]
    periods = tuple((time(int(m[1]), int(m[2])), time(int(m[3]), int(m[4]))) for m in matches if m)
    in_order = [instant for period in periods for instant in period]
    if len(periods) < len(texts) or any(a >= b for a, b in zip(in_order, in_order[1:], strict=False)):
        raise PydanticCustomError("hours", "bad opening hours")
    return periods


def _matrix(value: object) -> tuple[tuple[int, ...], ...]:
    rows = value if isinstance(value, list) else []
    levels = [level for row in rows if isinstance(row, list) for level in row]
    is_square = len(rows) == len(LEVELS) and all(isinstance(row, list) and len(row) == len(LEVELS) for row in rows)
    matrix = tuple(tuple(int(level) for level in row) for row in rows) if is_square and _are_levels(levels) else ()
    if not matrix or not is_monotonic(matrix):
        raise PydanticCustomError("priority_matrix", "bad priority matrix")
    return matrix


def _bound(text: str) -> str:
    if not is_bound(text):
        raise PydanticCustomError("bound", "bad bound")
    return text


def _are_levels(values: list[object]) -> bool:
    return all(str(value) in {str(level) for level in LEVELS} for value in values)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)]
Zone = Annotated[str, AfterValidator(_zone)]
Periods = Annotated[tuple[tuple[time, time], ...], BeforeValidator(_periods)]
PriorityMatrix = Annotated[tuple[tuple[int, ...], ...], BeforeValidator(_matrix)]
Audiences = Annotated[list[Audience], Field(min_length=1)]
Scale = Annotated[int, Field(ge=1, le=5)]
Bound = Annotated[str, BeforeValidator(str), AfterValidator(_bound)]
Suffix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,8}$")]
GroupOrOwn = Annotated[str, StringConstraints(pattern=r"^(own|[A-Z0-9]+(-[A-Z0-9]+)*)$", max_length=40)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Document(BaseModel):
    """An entry of the file; unknown properties are refused."""

    model_config = ConfigDict(extra="forbid")


class TextDocument(Document):
    it: Text
    en: Text

    def shape(self) -> LocalText:
        """Return the text as the rules know it."""
        return LocalText(self.it, self.en)


class SynonymsDocument(Document):
    it: list[Text]
    en: list[Text]


class OptionDocument(Document):
    value: Text
    label: TextDocument


class FieldDocument(Document):
    key: Key
    kind: FieldKind
    label: TextDocument
    help: TextDocument | None = None
    required: bool = False
    options: list[OptionDocument] = []
    earliest: Bound | None = None
    latest: Bound | None = None
    minimum: int | None = None
    maximum: int | None = None
    decimals: Annotated[int, Field(ge=0, le=4)] = 0
    accept: list[Suffix] = []
    version: Annotated[str, BeforeValidator(str), StringConstraints(min_length=1, max_length=40)] | None = None


class NoticeDocument(Document):
    text: TextDocument
    kind: NoticeKind = "info"
    active_from: date | None = None
    active_to: date | None = None


class RoutingDocument(Document):
    attribute: RoutingAttribute
    to: dict[str, Code]


class ApproverDocument(Document):
    supervisors: GroupOrOwn | None = None
    members: GroupOrOwn | None = None
    person: Annotated[str, BeforeValidator(str), StringConstraints(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        """Refuse what names nobody, or several at once."""
        if sum(value is not None for value in (self.supervisors, self.members, self.person)) != 1:
            raise PydanticCustomError("approver", "bad approver")
        return self

    def shape(self) -> Approver:
        """Return the approver as the rules know them."""
        stated = {By.SUPERVISORS: self.supervisors, By.MEMBERS: self.members, By.PERSON: self.person}
        return next(Approver(by, of) for by, of in stated.items() if of is not None)


class StepDocument(Document):
    by: Annotated[list[ApproverDocument], Field(min_length=1, max_length=20)]
    need: Need = Need.ANY
    remind_after: Annotated[int, Field(ge=1, le=60)] = REMIND_AFTER

    def shape(self) -> Step:
        """Return the step as the rules know it."""
        return Step(tuple(each.shape() for each in self.by), self.need, self.remind_after)


class ServiceDocument(Document):
    id: UUID | None = None
    key: Key | None = None
    name: TextDocument | None = None
    description: TextDocument | None = None
    zone: Zone | None = None
    hours: dict[Weekday, Periods] | None = None
    audience: Audiences | None = None
    fallback_group: Code | None = None
    close_days: Annotated[int, Field(ge=1, le=365)] | None = None
    reopen_days: Annotated[int, Field(ge=0, le=365)] | None = None
    waiting_closes: bool | None = None
    asks_feedback: bool | None = None
    priority_matrix: PriorityMatrix | None = None


class GroupDocument(Document):
    code: Code | None = None
    name: TextDocument | None = None
    line: Annotated[int, Field(ge=1, le=9)] | None = None
    strategy: Strategy | None = None
    signature: TextDocument | None = None
    contact: TextDocument | None = None
    escalates_to: Code | None = None
    fallback: Code | None = None
    active: bool | None = None


class CategoryDocument(Document):
    """A category without its children, which are entries of their own."""

    key: Key | None = None
    service: Key | None = None
    name: TextDocument | None = None
    description: TextDocument | None = None
    notice: TextDocument | None = None
    notices: list[NoticeDocument] | None = None
    synonyms: SynonymsDocument | None = None
    kind: CategoryKind | None = None
    urgency: Scale | None = None
    impact: Scale | None = None
    group: Code | None = None
    routing: RoutingDocument | None = None
    audience: Audiences | None = None
    fields: list[FieldDocument] | None = None
    approvals: Annotated[list[StepDocument], Field(max_length=9)] | None = None
    selectable: bool | None = None
    active_from: date | None = None
    active_to: date | None = None


REQUIRED: dict[type[Document], tuple[str, ...]] = {
    ServiceDocument: (
        "id",
        "key",
        "name",
        "description",
        "zone",
        "hours",
        "audience",
        "fallback_group",
    ),
    GroupDocument: ("code", "name", "line", "strategy", "signature", "contact"),
    CategoryDocument: ("key", "name", "description"),
}

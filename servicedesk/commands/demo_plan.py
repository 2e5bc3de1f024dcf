"""The demo's plan: who asks what, by which plot it goes on, and when each step is taken; seeded, so repeatable."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from zoneinfo import ZoneInfo

from servicedesk.commands.demo_people import GUEST, OUTSIDER, STAFF_MEMBER, Cast, Requester
from servicedesk.commands.demo_plots import PLOTS, STILL_OPEN, Plot, Step, Who
from servicedesk.commands.demo_script import Conversation, Script, Speaker, gaps
from servicedesk.rules.calendar import instant
from servicedesk.rules.catalogue import Audience, Catalogue, Category

SEED = 20260901
UNKNOWING = "altro"
"""The category for those who do not know which to choose."""
BUSY_GROUP, BUSY = "HD1", 48
"""The group whose queue is long, and how many of its open tickets are planned."""
KINDS = {"former": "former_student"}
OFFICE = (time(8, 45), time(17, 15))
AWAKE = (time(7, 30), time(22, 45))
HOURS_OF_DAY = (8, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 17, 18, 19, 20, 21, 22)
QUIET_DAYS = 0.8
"""How often an opening on a Saturday or Sunday is moved to the Friday before."""


@dataclass(frozen=True)
class Story:
    """One ticket from its opening on; `first` is the story it repeats."""

    category: str
    plot: str
    requester: Requester
    speaker: Speaker = field(repr=False)
    opened_at: datetime
    first: int | None = None


@dataclass(frozen=True, order=True)
class Moment:
    """A step of the story number `story`, taken at an instant; the opening has no step."""

    at: datetime
    story: int
    place: int
    step: Step | None = field(compare=False)


@dataclass
class Planner:
    """Makes stories; every conversation and every person comes up as evenly as the plots allow."""

    script: Script
    cast: Cast
    tree: Catalogue
    now: datetime
    zone: ZoneInfo
    rng: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - repeatable on purpose, and no secret
    told: Counter[int] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def stories(self) -> list[Story]:
        """Return every story of the demo: those of named people, those that ended, those still open."""
        made = [
            self.part(part.category, part.plot, self.cast.by_email[part.email], part.days_ago)
            for part in self.cast.parts
        ]
        for name, plot in PLOTS.items():
            for _ in range(0 if name in STILL_OPEN else plot.count):
                made.extend(self.ended(name, plot, place=len(made)))
        return made + list(self.still_open())

    def part(self, category: str, plot: str, requester: Requester, days_ago: int) -> Story:
        """Return the story of a named person."""
        told = [each for each in self.script.conversations if self._suits(each, plot)]
        fitting = [each for each in told if each.category == category and each.language == requester.locale]
        return self._story(self._least_told(fitting), plot, requester, self._opening(days_ago, days_ago))

    def ended(self, name: str, plot: Plot, place: int) -> Iterator[Story]:
        """Give a story that is over by now; one that repeats comes after the one it repeats."""
        told = [each for each in self.script.conversations if self._suits(each, name)]
        conversation = self._least_told(told)
        requester, opened_at = self._requester(conversation), self._opening(*plot.days)
        if not plot.repeats:
            yield self._story(conversation, name, requester, opened_at)
            return
        yield self._story(conversation, "accepted", requester, opened_at)
        again = self._awake(opened_at + timedelta(minutes=self.rng.randint(12, 60)))
        yield self._story(conversation, name, requester, again, first=place)

    def still_open(self) -> Iterator[Story]:
        """Give the stories still going on: many of the busy group, the rest spread over all others."""
        names = [name for name in PLOTS if name in STILL_OPEN for _ in range(PLOTS[name].count)]
        self.rng.shuffle(names)
        others = cycle(sorted(set(self.tree.groups) - {BUSY_GROUP}))
        for place, name in enumerate(names):
            group = BUSY_GROUP if place < BUSY else next(others)
            fitting = [each for each in self.script.conversations if self._suits(each, name)]
            conversation = self._least_told([each for each in fitting if group in self._groups(each)] or fitting)
            requester = self._requester(conversation, group)
            yield self._story(conversation, name, requester, self._opening(*PLOTS[name].days))

    def moments(self, stories: Sequence[Story]) -> list[Moment]:
        """Return every step up to now, in the order of time."""
        found = [moment for place, story in enumerate(stories) for moment in self._course(place, story)]
        return sorted(moment for moment in found if moment.at <= self.now)

    def _course(self, place: int, story: Story) -> Iterator[Moment]:
        at = story.opened_at
        yield Moment(at, place, 0, None)
        for number, step in enumerate(PLOTS[story.plot].steps, 1):
            wanted = at + timedelta(seconds=round(3600 * self.rng.uniform(*step.hours)))
            at = self._awake(wanted) if step.who is Who.REQUESTER else self._at_work(wanted)
            yield Moment(at, place, number, step)

    def _story(
        self, conversation: Conversation, plot: str, requester: Requester, opened_at: datetime, first: int | None = None
    ) -> Story:
        own = Random(f"{SEED} {plot} {requester.email} {sum(self.asked.values())}")  # noqa: S311
        values = gaps(self.script, conversation.language, requester.area, opened_at, own)
        values |= {"name": requester.given_name, "number": requester.number}
        self.told[id(conversation)] += 1
        self.asked[requester.email] += 1
        category = UNKNOWING if PLOTS[plot].misfiled else conversation.category
        speaker = Speaker(self.script, conversation, values, own)
        return Story(category, plot, requester, speaker, opened_at, first)

    def _suits(self, conversation: Conversation, plot: str) -> bool:
        row = PLOTS[plot]
        if not row.needs <= conversation.parts.keys():
            return False
        return not row.misfiled or (
            conversation.category != UNKNOWING and self._kind(conversation) not in (STAFF_MEMBER, GUEST)
        )

    def _least_told(self, conversations: Sequence[Conversation]) -> Conversation:
        shuffled = self.rng.sample(list(conversations), len(conversations))
        return min(shuffled, key=lambda each: self.told[id(each)] / each.weight)

    def _groups(self, conversation: Conversation) -> set[str]:
        category = self._category(conversation)
        return set(category.routing.to.values()) if category.routing else {category.group}

    def _category(self, conversation: Conversation) -> Category:
        return self.tree.categories[conversation.category]

    def _kind(self, conversation: Conversation) -> str:
        if conversation.who:
            return KINDS.get(conversation.who, conversation.who)
        audience = self._category(conversation).audience
        return next(kind.value for kind in (Audience.STUDENT, Audience.PROSPECTIVE) if kind in audience)

    def _requester(self, conversation: Conversation, group: str = "") -> Requester:
        kind, area = self._kind(conversation), conversation.area or self._area(conversation, group)
        fitting = [each for each in self.cast.requesters if each.kind == kind and area in ("", each.area)]
        if kind in (OUTSIDER, GUEST):
            fitting = [each for each in fitting if each.locale == conversation.language] or fitting
        shuffled = self.rng.sample(fitting, len(fitting))
        return min(shuffled, key=lambda each: self.asked[each.email])

    def _area(self, conversation: Conversation, group: str) -> str:
        routing = self._category(conversation).routing
        return next((area for area, code in routing.to.items() if code == group), "") if routing else ""

    def _opening(self, longest: int, shortest: int) -> datetime:
        """Return when a ticket is opened, between so many days ago, at an hour at which people write."""
        while True:
            day = self._today() - timedelta(days=self.rng.randint(*sorted((longest, shortest))))
            if day.weekday() > 4 and day != self._today() and self.rng.random() < QUIET_DAYS:
                day -= timedelta(days=day.weekday() - 4)
            wall = time(self.rng.choice(HOURS_OF_DAY), self.rng.randrange(60), self.rng.randrange(60))
            at = self._instant(day, wall)
            if at < self.now:
                return at
            longest = max(longest, shortest + 1)  # the day has only begun: yesterday will do

    def _today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def _instant(self, day: date, wall: time) -> datetime:
        return instant(datetime.combine(day, wall), self.zone)

    def _awake(self, at: datetime) -> datetime:
        return self._within(at, AWAKE, range(7))

    def _at_work(self, at: datetime) -> datetime:
        return self._within(at, OFFICE, range(5))

    def _within(self, at: datetime, hours: tuple[time, time], weekdays: range) -> datetime:
        """Return `at`, or where it lies outside these hours, an instant soon after they begin again."""
        wall = at.astimezone(self.zone)
        day = wall.date()
        if day.weekday() in weekdays and hours[0] <= wall.time() < hours[1]:
            return at
        if wall.time() >= hours[1] or day.weekday() not in weekdays:
            day += timedelta(days=1)
        while day.weekday() not in weekdays:
            day += timedelta(days=1)
        return self._instant(day, hours[0]) + timedelta(minutes=self.rng.randrange(1, 110))

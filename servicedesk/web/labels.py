"""The words for states, levels, kinds and events, in the language of the page."""

from collections.abc import Mapping

from flask_babel import gettext, pgettext

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.priority import LEVELS, MAJOR
from servicedesk.rules.relations import BY_HAND
from servicedesk.rules.sentences import N_
from servicedesk.web import (
    approval_words,
    change_words,
    figures_words,
    house_words,
    level_words,
    line_words,
    privacy_words,
    problem_words,
    relation_words,
    retention_words,
    rule_words,
    watch_words,
)

STATES: Mapping[str, str] = {
    "new": N_("New"),
    "assigned_group": N_("Assigned to group"),
    "assigned_technician": N_("Assigned to technician"),
    "in_progress": N_("In progress"),
    "waiting": N_("Waiting"),
    "resolved": N_("Resolved"),
    "closed": N_("Closed"),
    "cancelled": N_("Cancelled"),
}
KINDS: Mapping[str, str] = {
    "request": N_("Request"),
    "incident": N_("Incident"),
    "problem": N_("Problem"),
    **change_words.KINDS,
}
ORIGINS: Mapping[str, str] = {
    "person": N_("Person"),
    "public_form": N_("Public form"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    **rule_words.ORIGINS,
}
WAITING_FOR: Mapping[str, str] = {
    "requester": N_("the requester"),
    "third_party": N_("a third party"),
    "date": N_("a date"),
}
OUTCOMES: Mapping[str, str] = {
    "accepted": N_("accepted"),
    "expired": N_("expired"),
    "answered": N_("answered"),
    "withdrawn": N_("withdrawn"),
    "duplicate": N_("duplicate"),
    "merged": N_("merged"),
    "not_approved": N_("not approved"),
}
STUDENT_STATUS: Mapping[str, str] = {
    "active": N_("Active student"),
    "former": N_("Former student"),
    "not_yet_active": N_("Not yet active student"),
}
LINKS: Mapping[tuple[str, bool], str] = {
    ("duplicate_of", True): N_("Repeats"),
    ("duplicate_of", False): N_("Repeated by"),
    ("follows", True): N_("Carries on"),
    ("follows", False): N_("Carried on by"),
    ("split_from", True): N_("Carries on"),
    ("split_from", False): N_("Carried on by"),
    ("merged_into", True): N_("Merged into"),
    ("merged_into", False): N_("Merged from"),
    **{(kind.value, is_outward): N_("Related to") for kind in BY_HAND for is_outward in (True, False)},
}
JOBS: Mapping[str, str] = {
    "deliver_mail": N_("sends the mails"),
    "digests": N_("writes the one mail of the day of those who want no more"),
    "deliver_messages": N_("sends the messages to devices and to the university's app"),
    "expire": N_("closes requests that nobody answered in time"),
    "warn": N_("warns of requests that are about to close"),
    "resume": N_("resumes requests whose date has come"),
    "clean": N_("removes expired sessions and forgotten files"),
    "refresh_federations": N_("reads the identity providers of federations again"),
    "watch_keys": N_("tells the operators before our own certificates end"),
    "alarms": N_("mails new alarms to the operators and closes those that are over"),
    "remind": N_("reminds people of their appointments"),
    "pass_on": N_("passes times on offer to the next in line"),
    "count_demand": N_("counts which subjects are popular"),
    "purge_log": N_("removes months of the sign-in log that are past their term"),
    **rule_words.JOBS,
    **level_words.JOBS,
    **figures_words.JOBS,
    **watch_words.JOBS,
    **relation_words.JOBS,
    **problem_words.JOBS,
    **privacy_words.JOBS,
    **line_words.JOBS,
    **approval_words.JOBS,
    **retention_words.JOBS,
}
APPOINTMENTS: Mapping[str, str] = {
    "held": N_("Held for you"),
    "offered": N_("Offered to you"),
    "booked": N_("Booked"),
    "cancelled": N_("Cancelled"),
    "present": N_("Came"),
    "absent": N_("Did not come"),
}
MODES: Mapping[str, str] = {"in_person": N_("In person"), "online": N_("Online")}
MAILS: Mapping[str, str] = {
    "opened": N_("Request received"),
    "taken": N_("Taken in charge"),
    "comment": N_("New message"),
    "waiting": N_("On hold"),
    "question": N_("We need your answer"),
    "solution": N_("Solution"),
    "answered": N_("Answer"),
    "expiring": N_("Closes soon"),
    "closed": N_("Closed"),
    "duplicate": N_("Closed as a duplicate"),
    "lost_number": N_("Your number"),
    "sign_in_link": N_("How to see it"),
    "assigned": N_("Assigned to you"),
    "requester_comment": N_("Message from the requester"),
    "follower_comment": N_("Message from a follower"),
    "shared": N_("Shared with you"),
    "followed": N_("News of a request you follow"),
    "thanked": N_("Thank you"),
    "accepted": N_("Solution accepted"),
    "refused": N_("Solution refused"),
    "reopened": N_("Reopened"),
    "withdrawn": N_("Withdrawn"),
    "edited": N_("Edited by the requester"),
    "merged": N_("Merged with another request"),
    "absorbed": N_("Merged with another request"),
    "unmerged": N_("Reopened"),
    "merged_comment": N_("Message from the requester"),
    "address_confirm": N_("Confirm your e-mail address"),
    "account_confirm": N_("Confirm your registration"),
    "account_known": N_("You are registered already"),
    "account_password": N_("Choose your password"),
    "own_data_ready": N_("Your data"),
    "account_changed": N_("The security of your account"),
    "tickets_linked": N_("Your earlier requests"),
    "request_confirm": N_("Confirm your request"),
    "alarm": N_("Alarm"),
    "digest": N_("What is new"),
    "appointment_booked": N_("Appointment booked"),
    "appointment_moved": N_("Appointment moved"),
    "appointment_cancelled": N_("Appointment cancelled"),
    "appointment_reminder": N_("Your appointment is near"),
    "appointment_offered": N_("A time has become free"),
    **line_words.MAILS,
    **change_words.MAILS,
    **approval_words.MAILS,
    **watch_words.MAILS,
    **level_words.MAILS,
    **figures_words.MAILS,
    **rule_words.MAILS,
    **house_words.MAILS,
}
"""What a mail or a notice is about, in the words of its subject."""
NEWS_KINDS: Mapping[str, str] = {
    "opened": N_("Your request has arrived"),
    "taken": N_("Somebody takes charge of it"),
    "comment": N_("New messages"),
    "solution": N_("Questions and solutions"),
    "closed": N_("Closing"),
    "appointment": N_("Appointments"),
    "work": N_("Requests you work on"),
}
NEWS_HINTS: Mapping[str, str] = {
    "opened": N_("The receipt with the number."),
    "taken": N_("Who looks after your request."),
    "comment": N_("What the office writes to you in between."),
    "solution": N_("Without your answer a request closes by itself."),
    "closed": N_("The mail that warns you before a request closes by itself is always sent."),
    "appointment": N_("Booked, moved, cancelled, and the reminder of the day before."),
    "work": N_("New on your desk, messages from requesters, solutions accepted or refused."),
}
CHANNELS: Mapping[str, str] = {
    "mail": N_("By e-mail"),
    "desk": N_("Here, at the bell"),
    "push": N_("On my devices"),
}
MAJOR_WORDS = N_("Major incident")
EVENTS: Mapping[Action, str] = {
    Action.SUBMIT: N_("opened the request"),
    Action.ROUTE: N_("The request was assigned to %(whom)s."),
    Action.ASSIGN_GROUP: N_("assigned the request to %(whom)s"),
    Action.ASSIGN_TECHNICIAN: N_("assigned the request to %(whom)s"),
    Action.TAKE: N_("took the request in charge"),
    Action.RELEASE: N_("gave the request back to the group"),
    Action.START: N_("started working on the request"),
    Action.WAIT: N_("put the request on hold: it waits for %(waiting_for)s"),
    Action.RESUME: N_("resumed work on the request"),
    Action.COMMENT: N_("commented"),
    Action.NOTE: N_("wrote"),
    Action.RECLASSIFY: N_("moved the request to the category %(category)s"),
    Action.FORWARD: N_("forwarded the request to %(whom)s"),
    Action.PRIORITISE: N_("set urgency and impact: the priority is %(priority)s"),
    Action.PROPOSE: N_("gave a solution"),
    Action.REPLY_CLOSE: N_("answered and closed the request"),
    Action.ACCEPT: N_("accepted the solution: the request is closed"),
    Action.REFUSE: N_("refused the solution"),
    Action.WARN: N_("A warning was sent: the request is about to close."),
    Action.NO_REPLY: N_("Nobody answered: the request is resolved without a reply."),
    Action.EXPIRE: N_("The request closed by itself: the days to answer are over."),
    Action.REOPEN: N_("reopened the request"),
    Action.WITHDRAW: N_("withdrew the request"),
    Action.DUPLICATE: N_("closed the request: it repeats %(duplicate_of)s"),
    Action.EDIT: N_("edited the request"),
    Action.LINK_ACCOUNT: N_("The request was linked to the account of its requester."),
    Action.SHARE: N_("shared the request with another person"),
    Action.UNSHARE: N_("ended the sharing of the request with a person"),
    Action.LEAVE: N_("no longer follows the request"),
    Action.PUBLISH: N_("made title, description and solution public"),
    Action.UNPUBLISH: N_("made the request private again"),
    Action.THANK: N_("said thank you"),
    Action.MERGE: N_("merged the request with another one: the answer comes here too"),
    Action.ABSORB: N_("answers the request together with another one"),
    Action.UNMERGE: N_("separated the request again: it is answered on its own"),
    **relation_words.EVENTS,
    **problem_words.EVENTS,
    **change_words.EVENTS,
    **level_words.EVENTS,
    **line_words.EVENTS,
    **approval_words.EVENTS,
    **watch_words.EVENTS,
}


def label(words: Mapping[str, str], code: str | None) -> str:
    """Return the words for a code, an empty text for None."""
    return gettext(words[code]) if code else ""


def mail(template: str) -> str:
    """Return what a mail made from this template is about."""
    return label(MAILS, template)


def level(number: int) -> str:
    """Return the words for urgency or priority 1 to 5, or for the priority of a major incident."""
    return gettext(LEVELS[number] if number != MAJOR else MAJOR_WORDS)


def impact(number: int) -> str:
    """Return the words for impact 1 to 5: in Italian it is masculine, urgency and priority are feminine."""
    return (
        pgettext("impact", "Very low"),
        pgettext("impact", "Low"),
        pgettext("impact", "Medium"),
        pgettext("impact", "High"),
        pgettext("impact", "Very high"),
    )[number - 1]

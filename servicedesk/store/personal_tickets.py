"""What is personal in the tables of requests and appointments, and in what is sent about them."""

from collections.abc import Mapping

from servicedesk.store.personal_data import Rows, Table

OF_TICKET = ("ticket_id.requester_id",)

TICKETS: Mapping[str, Table] = {
    "ticket": Table(
        of=("requester_id",),
        by=("technician_id",),
        personal="answers",
        text="title",
        fact="number service_id kind origin category_key group_code state waiting_for outcome urgency impact priority"
        " opened_at changed_at solved_at closed_at expires_at anonymised_at files_removed_at files_removed",
        other="technician_id",
        sealed="access_suffix",
        desk="id catalogue_version assigned_at requester_id route_reason state_before_waiting clock_from warn_at"
        " resume_at unanswered_since last_seq owned_at own_due_at resolve_due_at hold_due_at due_at warn_level_at"
        " own_breached_at resolve_breached_at own_minutes resolve_minutes level_state level_version",
    ),
    "ticket_event": Table(
        of=OF_TICKET,
        by=("actor_id", "on_behalf_of"),
        fact="seq at actor_kind action before after",
        other="actor_id on_behalf_of",
        desk="id ticket_id changes cause_event",
    ),
    "message": Table(
        of=OF_TICKET,
        by=("event_id.actor_id",),
        only="is_public",
        text="body_html body_text",
        desk="id ticket_id event_id is_public policy",
    ),
    "revision": Table(of=OF_TICKET, personal="answers", text="title", fact="seq", desk="ticket_id"),
    "upload": Table(
        Rows.REMOVED,
        of=(*OF_TICKET, "id~appointment_file.upload_id.appointment_id.person_id"),
        personal="name",
        fact="field content_type size created_at",
        sealed="draft_key sha256",
        desk="id ticket_id message_id expires_at",
    ),
    "participation": Table(Rows.REMOVED, of=("person_id",), fact="role", desk="id ticket_id person_id"),
    "ticket_invitation": Table(
        Rows.REMOVED,
        of=("person_id",),
        goes_with=OF_TICKET,
        personal="address",
        fact="added_at",
        desk="id ticket_id person_id",
    ),
    "public_ticket": Table(Rows.REMOVED, of=OF_TICKET, fact="scope scope_key published_at", desk="ticket_id"),
    "ticket_link": Table(
        of=OF_TICKET,
        by=("linked_by",),
        fact="kind linked_at",
        desk="id ticket_id other_id linked_by",
    ),
    "star": Table(Rows.REMOVED, of=("person_id",), fact="starred_at", desk="person_id ticket_id"),
    "feedback": Table(
        of=("person_id",), text="comment", fact="asked_at grade answered_at changed_at", desk="ticket_id person_id"
    ),
    "notice": Table(
        Rows.REMOVED,
        of=("recipient_id",),
        goes_with=OF_TICKET,
        personal="address",
        fact="template locale channel state first_try_at sent_at",
        sealed="context rendered message_id last_error",
        desk="id event_id ticket_id recipient_id next_try_at claimed_until attempts",
    ),
    "ticket_matter": Table(
        Rows.REMOVED,
        by=("person_id", "asked_by"),
        goes_with=OF_TICKET,
        fact="kind group_code category_key asked_at answered_at",
        desk="id ticket_id person_id asked_by event_id keep_watching",
    ),
    "joint_answer": Table(by=("author_id",), fact="action made_at", desk="id ticket_id author_id texts"),
    "joint_answer_part": Table(desk="joint_answer_id ticket_id state why"),
    "change": Table(
        by=("implementer_id",),
        fact="change_type phase starts_at ends_at result",
        desk="ticket_id reason harm likelihood plan back_out verification services categories implementer_id consent"
        " approve_by",
    ),
    "approval_round": Table(desk="id ticket_id steps step state asked_at ended_at remind_at reminders look_at"),
    "approval": Table(
        of=OF_TICKET,
        by=("person_id", "stand_in_id", "decided_by"),
        fact="state asked_at decided_at",
        other="person_id stand_in_id decided_by",
        desk="id round_id ticket_id step source reminded_at event_id",
    ),
    "problem": Table(desk="ticket_id category_key phase root_cause workaround is_known_error"),
    "problem_suggestion": Table(
        by=("decided_by",),
        fact="decided_at",
        desk="id category_key group_code since found_at count usual state decided_by reason",
    ),
    "access_log": Table(of=OF_TICKET, by=("person_id",), text="reason", fact="at", desk="id person_id ticket_id"),
    "reading_log": Table(of=OF_TICKET, by=("person_id",), fact="way at", desk="id person_id ticket_id hour"),
    "appointment": Table(
        of=("person_id",),
        personal="description phone contact",
        fact="number topic topic_name mode starts_at ends_at state is_walk_in created_at",
        desk="id counter_id person_id held_until sequence reminded_at",
    ),
    "appointment_file": Table(Rows.REMOVED, of=("appointment_id.person_id",), desk="upload_id appointment_id"),
    "appointment_ticket": Table(of=("appointment_id.person_id",), desk="appointment_id ticket_id"),
    "appointment_unit": Table(of=("appointment_id.person_id",), desk="counter_id at seat appointment_id"),
    "appointment_wait": Table(
        Rows.REMOVED,
        of=("person_id",),
        personal="description phone contact",
        fact="topic mode first_day last_day state offered_until created_at",
        desk="id counter_id person_id appointment_id",
    ),
    "recurring_ticket": Table(
        of=("requester_id",),
        by=("owner_id",),
        fact="name is_on next_at changed_at",
        desk="id service_id category_key group_code content requester_id office_name office_email owner_id revision"
        " why_paused seen_until",
    ),
    "recurring_file": Table(desk="upload_id recurring_id"),
    "recurring_run": Table(desk="id recurring_id due_at at ticket_id missed refused"),
    "automation_firing": Table(of=OF_TICKET, desk="id rule_id ticket_id cause_seq at done refused"),
}

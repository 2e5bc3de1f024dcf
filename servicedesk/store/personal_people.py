"""What is personal in the tables of people: who they are, how they sign in, what they chose, what they began."""

from collections.abc import Mapping

from servicedesk.store.personal_data import Rows, Table

PERSON = ("person_id",)

PEOPLE: Mapping[str, Table] = {
    "person": Table(
        of=("id",),
        personal="given_name family_name email phone",
        fact="code locale is_guest is_active created_at signed_in_at anonymised_at",
        desk="id",
    ),
    "identity": Table(Rows.REMOVED, of=PERSON, fact="namespace created_at", sealed="subject", desk="id person_id"),
    "student_record": Table(
        Rows.REMOVED,
        of=("fiscal_hash~identity.subject.person_id",),
        personal="student_number given_name family_name institutional_email",
        fact="degree_course degree_course_name area status imported_at",
        sealed="fiscal_hash",
        desk="id",
    ),
    "role_grant": Table(
        Rows.REMOVED,
        of=PERSON,
        fact="role group_code service_id areas from_federation granted_at",
        desk="id person_id",
    ),
    "absence": Table(
        Rows.REMOVED,
        of=PERSON,
        by=("substitute_id",),
        personal="note",
        fact="first_day last_day handling begun_at",
        other="substitute_id",
        desk="id person_id",
    ),
    "login_session": Table(
        Rows.REMOVED,
        of=PERSON,
        fact="profile level provider started_at last_seen expires_at ended_at",
        sealed="token_hash name_id name_id_format name_qualifier sp_qualifier session_index",
        desk="id person_id",
    ),
    "contact": Table(Rows.REMOVED, of=PERSON, personal="address", fact="verified_at done_at", desk="person_id"),
    "local_account": Table(
        Rows.REMOVED,
        of=PERSON,
        personal="address",
        fact="created_at changed_at",
        sealed="password_hash",
        desk="person_id",
    ),
    "mailed_link": Table(
        Rows.REMOVED,
        of=PERSON,
        personal="address",
        fact="purpose expires_at",
        sealed="token_hash details",
        desk="id person_id",
    ),
    "one_time_codes": Table(Rows.REMOVED, of=PERSON, fact="confirmed_at", sealed="secret last_step", desk="person_id"),
    "passkey": Table(
        Rows.REMOVED,
        of=PERSON,
        personal="name",
        fact="added_at used_at",
        sealed="credential_id public_key sign_count",
        desk="id person_id",
    ),
    "recovery_code": Table(Rows.REMOVED, of=PERSON, sealed="code_hash", desk="id person_id"),
    "account_step": Table(
        Rows.REMOVED, of=PERSON, sealed="token_hash challenge next_path", desk="purpose person_id tries expires_at"
    ),
    "preference": Table(
        Rows.REMOVED, of=PERSON, fact="refused is_daily quiet_from quiet_until changed_at", desk="person_id"
    ),
    "bell_notice": Table(Rows.REMOVED, of=PERSON, fact="template number at read_at", desk="id person_id"),
    "push_device": Table(
        Rows.REMOVED,
        of=PERSON,
        personal="name",
        fact="added_at",
        sealed="endpoint p256dh auth",
        desk="id person_id",
    ),
    "queue_view": Table(
        of=("owner_id",), fact="name group_code filters sort columns position changed_at", desk="id owner_id"
    ),
    "queue_setting": Table(Rows.REMOVED, of=PERSON, fact="has_shortcuts columns changed_at", desk="person_id view_id"),
    "figure_report": Table(Rows.REMOVED, of=PERSON, fact="every address next_at created_at", desk="id person_id"),
    "figure_technician": Table(
        of=("technician_id",),
        fact="grain day group_code category_key service_id arrivals taken moved_in moved_out solved withdrawn closed"
        " accepted refused expired reopened own_late resolve_late graded grade_sum needless open_day open_week"
        " open_month open_older answer_times own_times resolve_times hours merged problems problems_solved changes"
        " changes_solved",
        desk="technician_id",
    ),
    "request_draft": Table(
        Rows.REMOVED,
        of=PERSON,
        personal="title fields",
        fact="category_key changed_at expires_at",
        sealed="form_key",
        desk="id person_id",
    ),
    "work_draft": Table(
        Rows.REMOVED,
        of=PERSON,
        goes_with=("ticket_id.requester_id",),
        fact="changed_at",
        sealed="note form_key held returned",
        desk="id person_id ticket_id note_format standard_answer expires_at send_at",
    ),
    "presence": Table(Rows.REMOVED, of=PERSON, fact="seen_at is_writing", desk="ticket_id person_id"),
    "ticket_seen": Table(
        Rows.REMOVED,
        of=PERSON,
        goes_with=("ticket_id.requester_id",),
        fact="seq at",
        desk="ticket_id person_id",
    ),
    "confirmed_guest": Table(Rows.REMOVED, of=PERSON, fact="at", desk="person_id"),
    "waiting_request": Table(
        unlinked="Nobody has confirmed yet whose it is; it ends when its link does.",
        sealed="token_hash form_hash content",
        desk="id service_id category_key made sent_at expires_at",
    ),
    "own_data": Table(
        Rows.REMOVED,
        of=PERSON,
        by=("asked_by",),
        fact="asked_at with_notes locale ready_at expires_at",
        sealed="reason file_id",
        desk="id person_id asked_by state claimed_until attempts size",
    ),
    "audit_event": Table(
        of=("subject=person:",),
        by=("actor=person:",),
        personal="before after",
        fact="at action",
        desk="id actor subject",
    ),
}

"""What is personal in the tables of the house: what staff wrote for everybody, counts, records, machinery."""

from collections.abc import Mapping

from servicedesk.store.personal_data import Table

HOUSE: Mapping[str, Table] = {
    "announcement": Table(
        by=("changed_by",),
        fact="changed_at",
        desk="id weight service_id starts_at ends_at titles texts policy changed_by saves",
    ),
    "announcement_audience": Table(desk="announcement_id audience"),
    "answer": Table(desk="id key kind category_key votes helped views"),
    "answer_audience": Table(desk="answer_id audience"),
    "answer_file": Table(desk="id answer_id name content_type size sha256 created_at"),
    "answer_version": Table(
        by=("changed_by",),
        fact="changed_at",
        desk="id answer_id number stage kind category_key audience titles revisions texts files policy"
        " changed_by saves",
    ),
    "standard_answer": Table(desk="id shortcut"),
    "standard_answer_version": Table(
        by=("changed_by",),
        fact="changed_at",
        desk="id answer_id number stage name group_codes service_id category_key texts revisions names_counter sequel"
        " forward_group forward_reason policy changed_by saves",
    ),
    "standard_answer_use": Table(desk="id answer_id category_key month is_refusal"),
    "standard_answer_count": Table(desk="answer_id category_key month used refused"),
    "counter_contact": Table(desk="id kind value texts category_key changed_at"),
    "counter": Table(desk="id key content changed_at feed"),
    "group_habits": Table(desk="group_code asks_from reasons changed_at"),
    "change_rule": Table(desk="service_id change_type who need_all board days"),
    "change_freeze": Table(by=("made_by",), fact="made_at", desk="id service_id starts_at ends_at reason made_by"),
    "automation_rule": Table(
        desk="id service_id position name trigger content revision tried_revision is_on on_since changed_at"
    ),
    "house_book": Table(by=("changed_by=person:",), fact="changed_at", desk="number content content_hash changed_by"),
    "house_logo": Table(desk="digest mimetype content kept_at"),
    "level_book": Table(by=("changed_by=person:",), fact="changed_at", desk="number content content_hash changed_by"),
    "catalogue_version": Table(
        by=("applied_by=person:",),
        fact="applied_at",
        desk="number file_hash content content_hash difference applied_by note",
    ),
    "catalogue_draft": Table(
        by=("created_by=person:", "changed_by=person:"),
        fact="created_at changed_at",
        desk="id origin title base_version file_hash content revision created_by changed_by",
    ),
    "legal_hold": Table(
        of=("person_id", "ticket_id.requester_id"),
        by=("placed_by", "ended_by"),
        fact="placed_at ended_at",
        sealed="reason",
        desk="id ticket_id person_id placed_by ended_by",
    ),
    "retention_term": Table(
        by=("changed_by=person:",),
        fact="changed_at",
        desk="service_id files_months tickets_months accounts_months revision changed_by",
    ),
    "retention_run": Table(desk="id began_at ended_at files tickets people failed"),
    "answer_time": Table(desk="scope key minutes requests counted_at"),
    "figure": Table(
        desk="grain day group_code category_key service_id arrivals taken moved_in moved_out solved withdrawn closed"
        " accepted refused expired reopened own_late resolve_late graded grade_sum needless open_day open_week"
        " open_month open_older answer_times own_times resolve_times hours merged problems problems_solved changes"
        " changes_solved"
    ),
    "figure_day": Table(desk="day counted_at counting"),
    "needless_request": Table(desk="day category_key requests"),
    "category_demand": Table(desk="category_key requesters"),
    "federation_source": Table(
        desk="id key profile place valid_until read_at tried_at failures failure providers problems repeated"
    ),
    "federation_provider": Table(
        desk="source_id entity_id content_hash is_hidden sort_name words valid_until expires names content"
    ),
    "sign_in_log_month": Table(desk="month before before_entries before_hash entries last_hash purged_at proof"),
    "sign_in_log_entry": Table(
        unlinked="Sealed, unalterable and kept as SPID demands; only an authority's question opens it.",
        sealed="nonce sealed hash exchange message_id",
        desk="month seq at profile provider kind outcome",
    ),
    "sign_in_count": Table(desk="slot profile provider code count"),
    "sign_in_total": Table(desk="profile provider code count"),
    "sign_in_request": Table(
        unlinked="A sign-in that has not ended: nobody knows yet who it is. It ends within minutes.",
        sealed="id browser_hash relay_token next_path",
        desk="profile provider service level attribute_set is_forced acs_url replaces issued_at expires_at used_at",
    ),
    "alarm": Table(
        by=("seen_by",),
        fact="seen_at",
        desk="id key sentence raised_at last_at times mailed_at seen_by cleared_at",
    ),
    "attribute_preview": Table(
        unlinked="Masked before it is written; the next sign-in overwrites it.",
        desk="profile provider at given mapped missing",
    ),
    "used_assertion": Table(desk="id_hash expires_at"),
    "job_lease": Table(desk="name holder fence held_until last_started_at last_finished_at last_result"),
    "number_series": Table(desk="year last"),
    "form_key": Table(desk="key_hash made used_at"),
    "parked_form": Table(
        unlinked="Found by a browser's token alone, and gone within the hour.",
        sealed="token_hash path fields",
        desk="expires_at",
    ),
    "rate_count": Table(
        unlinked="Counts by network address or keyed hash, for a day at most.", sealed="key", desk="count expires_at"
    ),
    "pending": Table(desk="id consumer event_id"),
}

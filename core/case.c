#include <core/case.h>
#include <warmline/fail.h>

static bool state_is(const struct turn *t, const char *state)
{
	return strcmp(json_get_text(t->doc, "s", ""), state) == 0;
}

static void tell_person(struct turn *t, const char *rule, const char *state)
{
	const char *person = json_get_text(t->doc, "person", "");
	struct actor_id id;
	json_t *data;

	if (!actor_parse(person, &id))
		return;
	data = json_object();
	json_put_text(data, "program", json_get_text(t->doc, "p", ""));
	json_put_text(data, "case", t->actor);
	json_put_text(data, "state", state);
	json_put_text(data, "by", json_get_text(t->doc, "by_name", ""));
	turn_event_actor(t, rule, person, "case", data);
}

/* --- a crisis text --------------------------------------------------------------------------- */

static void learn(struct turn *t)
{
	static const char *const fields[][2] = {{"person", "person"}, {"number", "number"},
		{"name", "name"}, {"language", "lang"}, {"supporter", "sup"}, {"level", "level"},
		{"category", "category"}, {"program", "p"}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *value = json_get_text(t->event->data, fields[i][0], "");

		if (*value)
			json_put_text(t->doc, fields[i][1], value);
	}
	json_put_int(t->doc, "texts", json_get_int(t->doc, "texts", 0) + 1);
}

static void open_case(struct turn *t)
{
	json_put_int(t->doc, "opened", t->now);
	json_put_int(t->doc, "waits", t->now);
	case_log(t, "crisis.open", "opened");
	turn_count(t, "crisis.open", "case");
	case_page_top(t, "crisis.page");
}

static void reopen(struct turn *t, const char *rule)
{
	case_log(t, rule, "reopened");
	json_put_int(t->doc, "waits", t->now);
	json_object_del(t->doc, "by");
	json_object_del(t->doc, "by_name");
	json_object_del(t->doc, "since");
	tell_person(t, rule, "open");
	case_page_top(t, rule);
}

static void crisis(struct turn *t)
{
	const struct program *p;
	bool stale, gone;

	learn(t);
	p = case_program(t);
	if (state_is(t, "paging")) {
		case_log(t, "crisis.wrote-again", "another crisis text: the next one now");
		case_page_sooner(t, "crisis.wrote-again");
		return;
	}
	if (!state_is(t, "taken")) {
		open_case(t);
		return;
	}
	stale = p && t->now - json_get_int(t->doc, "since", 0) > p->page_stale_ms;
	gone = p && !program_staff(p, json_get_text(t->doc, "by", ""));
	if (stale || gone || !p)
		reopen(t, gone ? "crisis.holder-lost" : "crisis.reopen");
	else
		case_wrote_again(t);
}

/* --- what became of pages -------------------------------------------------------------------- */

static bool is_failure(const char *result)
{
	static const char *const all[] = {"refused", "undelivered", "failed", "expired", "stopped"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i], result) == 0)
			return true;
	return false;
}

static void paged(struct turn *t)
{
	const char *staff = json_get_text(t->event->data, "staff", "");
	const char *result = json_get_text(t->event->data, "result", "");
	json_t *one = case_paged_find(t, staff);
	json_t *entry = case_log(t, "page.result", result);

	json_put_text(entry, "who", json_get_text(one, "name", ""));
	json_put_int(entry, "round", json_get_int(t->event->data, "round", 0));
	if (!one)
		return;
	json_put_text(one, "r", result);
	if (!is_failure(result))
		return;
	turn_count(t, "page.result", "page-failed");
	if (state_is(t, "taken") && json_get_flag(t->event->data, "wrote") &&
		strcmp(json_get_text(t->doc, "by", ""), staff) == 0)
		/* Who has it could not be told of the new text: they may be out of reach. */
		reopen(t, "crisis.holder-lost");
	else if (state_is(t, "paging") && strcmp(json_get_text(t->doc, "last", ""), staff) == 0)
		case_page_sooner(t, "crisis.unreachable");
}

/* --- acknowledgement ------------------------------------------------------------------------- */

/* On the program's staff today, and either paged for this case or in a role that is. */
static bool may_take(struct turn *t, const char *number)
{
	const struct program *p = case_program(t);

	if (!p || !*number || !program_staff(p, number) ||
		strcmp(number, json_get_text(t->doc, "number", "")) == 0)
		return false;
	if (case_paged_find(t, number))
		return true;
	for (size_t i = 0; i < p->nstaff; i++)
		if (p->staff[i].role != STAFF_SUPPORTER &&
			strcmp(p->staff[i].phone.text, number) == 0)
			return true;
	return false;
}

static void tell_taken(struct turn *t, const char *number, bool you)
{
	json_t *data = json_object();
	char code[5];

	json_put_text(data, "program", json_get_text(t->doc, "p", ""));
	json_put_text(data, "case", t->actor);
	json_put_text(data, "code", case_code(t, code));
	json_put_text(data, "by", json_get_text(t->doc, "by_name", ""));
	json_put_int(data, "since", json_get_int(t->doc, "since", t->now));
	if (you) {
		json_object_set_new(data, "you", json_true());
		json_put_text(data, "name", json_get_text(t->doc, "name", ""));
		json_put_text(data, "number", json_get_text(t->doc, "number", ""));
	}
	turn_event_phone(t, "ack.tell", number, "taken", data);
}

static void tell_supporter(struct turn *t)
{
	const char *supporter = json_get_text(t->doc, "sup", "");
	json_t *data, *slots;
	char code[5];

	if (!*supporter || strcmp(supporter, json_get_text(t->doc, "by", "")) == 0)
		return;
	slots = json_object();
	json_put_text(
		slots, "name", json_get_text(t->doc, "name", json_get_text(t->doc, "number", "")));
	json_put_text(slots, "code", case_code(t, code));
	json_put_text(slots, "by", json_get_text(t->doc, "by_name", ""));
	data = json_object();
	json_put_text(data, "program", json_get_text(t->doc, "p", ""));
	json_put_text(data, "wording", wording_key_name(WORDING_SUPPORTER_TAKEN));
	json_put_int(data, "lane", LANE_REPLY);
	json_put_text(data, "about", json_get_text(t->doc, "person", ""));
	json_object_set_new(data, "slots", slots);
	turn_event_phone(t, "ack.supporter", supporter, "notice", data);
}

static void take(struct turn *t, const char *number, const char *name)
{
	const char *other;
	json_t *one;
	size_t i;

	json_put_text(t->doc, "s", "taken");
	json_put_text(t->doc, "by", number);
	json_put_text(t->doc, "by_name", name);
	json_put_int(t->doc, "since", t->now);
	json_object_del(t->doc, "next");
	json_put_text(case_log(t, "ack.take", "taken"), "who", name);
	turn_unindex(t, "ack.take", INDEX_CASES);
	turn_index(t, "ack.take", INDEX_TAKEN);
	turn_count(t, "ack.take", "acknowledged");
	tell_taken(t, number, true);
	json_array_foreach(json_object_get(t->doc, "paged"), i, one)
	{
		other = json_get_text(one, "n", "");
		if (strcmp(other, number) != 0)
			tell_taken(t, other, false);
	}
	tell_person(t, "ack.take", "taken");
	tell_supporter(t);
}

static void ack(struct turn *t)
{
	const char *number = json_get_text(t->event->data, "staff", "");
	const struct program *p = case_program(t);
	const struct staff *staff = p ? program_staff(p, number) : NULL;

	if (!may_take(t, number)) {
		json_put_text(case_log(t, "ack.not-staff",
				      "acknowledged by a number that is not on the staff: "
				      "changes nothing"),
			"to", number);
		return;
	}
	if (state_is(t, "paging")) {
		take(t, number, staff->name);
	} else if (state_is(t, "taken")) {
		case_log(t, "ack.late", "acknowledged again");
		tell_taken(t, number, strcmp(number, json_get_text(t->doc, "by", "")) == 0);
	} else {
		case_log(t, "ack.unknown-case", "acknowledged, but there is no such case");
	}
}

/* --------------------------------------------------------------------------------------------- */

void case_event(struct turn *t)
{
	switch (t->event->kind) {
	case EVENT_CRISIS: crisis(t); break;
	case EVENT_PAGED: paged(t); break;
	case EVENT_ACK: ack(t); break;
	case EVENT_OUTCOME:
	case EVENT_RECEIPT:
	case EVENT_ERRAND:
	case EVENT_TEXT:
	case EVENT_ENROLL:
	case EVENT_PAGE:
	case EVENT_TAKEN:
	case EVENT_NOTICE:
	case EVENT_AWAY:
	case EVENT_CASE:
	case EVENT_UNKNOWN:
	default: turn_log(t, event_kind_name(t->event->kind), "event.misdirected"); break;
	}
}

int64_t case_next(struct turn *t)
{
	return state_is(t, "paging") ? json_get_int(t->doc, "next", t->now + SECOND_MS) : 0;
}

void case_due(struct turn *t)
{
	case_page_next(t, "crisis.next");
}

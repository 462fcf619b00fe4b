#include <core/case.h>
#include <warmline/fail.h>

/* Nobody in the program file to page: looked at again so often, in case somebody is added. */
#define NOBODY_MS (5 * MINUTE_MS)

const struct program *case_program(const struct turn *t)
{
	const struct house *house = t->house;
	const struct program *p =
		program_find(house->programs, house->nprograms, json_get_text(t->doc, "p", ""));

	return p || house->nprograms == 0 ? p : &house->programs[0];
}

const char *case_code(const struct turn *t, char code[5])
{
	case_number(t->actor, code);
	return code;
}

json_t *case_log(struct turn *t, const char *rule, const char *status)
{
	json_t *entry = turn_log(t, "case", rule);
	char code[5];

	json_put_text(entry, "code", case_code(t, code));
	json_put_text(entry, "status", status);
	turn_trace(t, rule, "case %s: %s", code, status);
	return entry;
}

/* --- the ladder ------------------------------------------------------------------------------ */

static bool listed_before(const struct turn *t, const struct program *p, enum staff_role role,
	size_t n, const char *number)
{
	const struct staff *one;

	if (role == STAFF_SUPERVISOR && listed_before(t, p, STAFF_ONCALL, SIZE_MAX, number))
		return true;
	for (size_t i = 0; i < n && (one = program_nth(p, role, i)); i++)
		if (strcmp(one->phone.text, number) == 0)
			return true;
	return false;
}

/* Nobody is paged about themselves, and nobody stands on two rungs. */
static const struct staff *rung_of_role(
	const struct turn *t, const struct program *p, enum staff_role role, int64_t *rung)
{
	const char *self = json_get_text(t->doc, "number", "");
	const struct staff *one;

	for (size_t i = 0; (one = program_nth(p, role, i)); i++) {
		if (strcmp(one->phone.text, self) == 0 ||
			listed_before(t, p, role, i, one->phone.text))
			continue;
		if ((*rung)-- == 0)
			return one;
	}
	return NULL;
}

static const struct staff *rung_staff(const struct turn *t, int64_t rung)
{
	const struct program *p = case_program(t);
	const struct staff *one = p ? rung_of_role(t, p, STAFF_ONCALL, &rung) : NULL;

	return one || !p ? one : rung_of_role(t, p, STAFF_SUPERVISOR, &rung);
}

/* --- paging ---------------------------------------------------------------------------------- */

json_t *case_paged_find(const struct turn *t, const char *number)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(t->doc, "paged"), i,
		one) if (strcmp(json_get_text(one, "n", ""), number) == 0) return one;
	return NULL;
}

static void note_paged(struct turn *t, const struct staff *staff, int64_t round)
{
	json_t *one = case_paged_find(t, staff->phone.text);

	if (!one) {
		if (!json_object_get(t->doc, "paged"))
			json_object_set_new(t->doc, "paged", json_array());
		one = json_object();
		json_put_text(one, "n", staff->phone.text);
		json_put_text(one, "name", staff->name);
		json_array_append_new(json_object_get(t->doc, "paged"), one);
	}
	json_put_int(one, "at", t->now);
	json_put_int(one, "round", round);
	json_put_text(one, "r", "waiting");
	json_put_text(t->doc, "last", staff->phone.text);
}

static json_t *page_data(struct turn *t)
{
	json_t *data = json_object();
	char code[5];

	json_put_text(data, "program", case_program(t)->id);
	json_put_text(data, "case", t->actor);
	json_put_text(data, "code", case_code(t, code));
	json_put_int(data, "opened",
		json_get_int(t->doc, "waits", json_get_int(t->doc, "opened", t->now)));
	json_put_int(data, "round", json_get_int(t->doc, "round", 1));
	return data;
}

static void page(struct turn *t, const struct staff *staff, const char *rule)
{
	int64_t round = json_get_int(t->doc, "round", 1);
	json_t *data = page_data(t), *entry;

	json_put_text(data, "tier", staff->role == STAFF_SUPERVISOR ? "supervisor" : "on call");
	if (round > 1 || case_paged_find(t, staff->phone.text))
		json_object_set_new(data, "again", json_true());
	turn_event_phone(t, rule, staff->phone.text, "page", data);
	note_paged(t, staff, round);
	entry = case_log(t, rule, "paged");
	json_put_text(entry, "who", staff->name);
	json_put_text(entry, "to", staff->phone.text);
	json_put_int(entry, "round", round);
	turn_count(t, rule, "page");
}

/* Nobody is there: the gap itself goes where humans look, and we keep looking. */
static void nobody(struct turn *t)
{
	if (!json_get_flag(t->doc, "gap"))
		case_log(t, "crisis.nobody", "nobody to page in the program file");
	json_object_set_new(t->doc, "gap", json_true());
	turn_index(t, "crisis.nobody", INDEX_URGENT);
	json_put_int(t->doc, "next", t->now + NOBODY_MS);
}

void case_page_next(struct turn *t, const char *rule)
{
	int64_t rung = json_get_int(t->doc, "rung", 0);
	const struct staff *staff = rung_staff(t, rung);
	const struct program *p = case_program(t);

	if (!staff && rung > 0) {
		rung = 0;
		staff = rung_staff(t, 0);
		json_put_int(t->doc, "round", json_get_int(t->doc, "round", 1) + 1);
	}
	if (!staff) {
		nobody(t);
		return;
	}
	if (json_get_flag(t->doc, "gap")) {
		json_object_del(t->doc, "gap");
		turn_unindex(t, rule, INDEX_URGENT);
	}
	page(t, staff, rule);
	json_put_int(t->doc, "rung", rung + 1);
	json_put_int(t->doc, "next", t->now + p->page_next_ms);
}

void case_page_sooner(struct turn *t, const char *rule)
{
	/* Everyone has just been paged: another page this moment would only be noise. */
	if (rung_staff(t, json_get_int(t->doc, "rung", 0)))
		case_page_next(t, rule);
}

void case_page_top(struct turn *t, const char *rule)
{
	json_put_text(t->doc, "s", "paging");
	json_object_del(t->doc, "rung");
	json_put_int(t->doc, "round", json_get_int(t->doc, "round", 0) + 1);
	turn_unindex(t, rule, INDEX_TAKEN);
	turn_index(t, rule, INDEX_CASES);
	case_page_next(t, rule);
}

void case_wrote_again(struct turn *t)
{
	const char *by = json_get_text(t->doc, "by", "");
	json_t *data = page_data(t);

	json_object_set_new(data, "wrote", json_true());
	turn_event_phone(t, "crisis.wrote-again", by, "page", data);
	json_put_text(case_log(t, "crisis.wrote-again", "told who has it"), "who",
		json_get_text(t->doc, "by_name", ""));
}

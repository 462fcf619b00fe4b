#include <core/job.h>
#include <core/person.h>
#include <core/staff.h>
#include <ctype.h>
#include <warmline/fail.h>

#define PAGE_LIFE_MS  DAY_MS
#define PAGES_KEPT_MS (2 * DAY_MS) /* so long "who has it?" can still be answered */
#define UNKNOWN_MS    (10 * MINUTE_MS)

/* --- the list of pages ----------------------------------------------------------------------- */

static json_t *pages(struct turn *t)
{
	json_t *list = json_object_get(t->doc, "pages");

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(t->doc, "pages", list);
	}
	return list;
}

static bool page_is(const json_t *page, const char *state)
{
	return strcmp(json_get_text(page, "st", ""), state) == 0;
}

static bool page_waits(const json_t *page)
{
	return page_is(page, "open") || page_is(page, "acked");
}

static json_t *page_find(struct turn *t, const char *key, const char *value)
{
	json_t *found = NULL, *page;
	size_t i;

	json_array_foreach(json_object_get(t->doc, "pages"), i,
		page) if (strcmp(json_get_text(page, key, ""), value) ==
			  0) if (!found || page_waits(page)) found = page;
	return found;
}

static void forget_old(struct turn *t)
{
	json_t *list = json_object_get(t->doc, "pages");

	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *page = json_array_get(list, i);

		if (!page_waits(page) && t->now - json_get_int(page, "at", 0) > PAGES_KEPT_MS)
			json_array_remove(list, i);
	}
	if (list && json_array_size(list) == 0)
		json_object_del(t->doc, "pages");
}

static json_t *page_open(struct turn *t, const json_t *data)
{
	json_t *page;

	forget_old(t);
	page = page_find(t, "c", json_get_text(data, "case", ""));
	if (!page) {
		page = json_object();
		json_put_text(page, "c", json_get_text(data, "case", ""));
		json_put_text(page, "code", json_get_text(data, "code", ""));
		json_array_append_new(pages(t), page);
	}
	return page;
}

static const struct program *program_or_first(struct turn *t, const char *id)
{
	const struct house *house = t->house;
	const struct program *p = program_find(house->programs, house->nprograms, id);

	return p || house->nprograms == 0 ? p : &house->programs[0];
}

/* --- texts to staff -------------------------------------------------------------------------- */

static int64_t tell(
	const struct member *m, const char *rule, enum wording_key key, const struct slot *extra)
{
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_CRISIS,
		.gate = GATE_SAFETY,
		.not_before = m->t->now,
		.expires = m->t->now + PAGE_LIFE_MS,
		.rule = rule};

	member_slots(m, extra, slots);
	return turn_text(m->t, &letter, key, slots);
}

static void withdraw(struct turn *t, json_t *page)
{
	int64_t job = json_get_int(page, "job", 0);
	char key[24];
	const json_t *entry;

	text_set(key, sizeof(key), "%lld", (long long)job);
	entry = json_object_get(json_object_get(t->doc, "jobs"), key);
	/* Whatever is known of it: a page whose fate is unknown would go out again. */
	if (job)
		turn_cancel(t, job, "page.replaced");
	if (entry && json_get_int(entry, "s", RANK_WAITING) == RANK_WAITING)
		job_forget(t, job);
	json_object_del(page, "job");
}

/* The same in every language. */
static void age_text(int64_t ms, char age[24])
{
	if (ms >= 10 * SECOND_MS && ms < 2 * MINUTE_MS)
		text_set(age, 24, "%lld s", (long long)(ms / SECOND_MS));
	else if (ms < 2 * HOUR_MS)
		text_set(age, 24, "%lld min", (long long)(ms / MINUTE_MS));
	else
		text_set(age, 24, "%lld h", (long long)(ms / HOUR_MS));
}

static void write_page(const struct member *m, json_t *page, const json_t *data)
{
	int64_t round = json_get_int(data, "round", 1), opened = json_get_int(data, "opened", 0);
	bool wrote = json_get_flag(data, "wrote");
	enum wording_key key = WORDING_PAGE;
	char age[24], rounds[24];
	json_t *entry;
	int64_t job;

	age_text(opened && opened < m->t->now ? m->t->now - opened : 0, age);
	text_set(rounds, sizeof(rounds), "%lld", (long long)round);
	if (wrote)
		key = WORDING_CASE_WROTE_AGAIN;
	else if (json_get_flag(data, "again") || round > 1)
		key = WORDING_PAGE_AGAIN;
	job = tell(m, wrote ? "crisis.wrote-again" : "crisis.page", key,
		(struct slot[]){{"code", json_get_text(data, "code", "")}, {"age", age},
			{"round", rounds}, {NULL, NULL}});
	entry = job_track(m->t, job, JOB_PAGE, m->program->id);
	json_put_text(entry, "c", json_get_text(data, "case", ""));
	json_put_int(entry, "r", round);
	if (wrote)
		json_object_set_new(entry, "w", json_true());
	json_put_int(page, "job", job);
}

void staff_page(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct program *p = program_or_first(t, json_get_text(data, "program", ""));
	struct member m;
	json_t *page;

	if (!p || !*person_number(t)) {
		turn_log(t, "page", "page.no-number");
		return;
	}
	member_open(t, p, &m);
	if (!program_staff(p, person_number(t)))
		json_object_set_new(m.slot, "staff", json_true());
	page = page_open(t, data);
	withdraw(t, page);
	json_put_text(page, "p", p->id);
	json_put_int(page, "at", t->now);
	if (!json_get_flag(data, "wrote")) {
		json_put_text(page, "st", "open");
		json_object_del(page, "by");
		json_object_del(page, "since");
	}
	write_page(&m, page, data);
}

void staff_page_result(struct turn *t, const json_t *entry, const char *result)
{
	json_t *data;

	if (strcmp(result, "queued") == 0 || strcmp(result, "sent") == 0 ||
		strcmp(result, "read") == 0 || strcmp(result, "unwanted") == 0)
		return; /* changes nothing for the case */
	data = json_object();
	json_put_text(data, "program", json_get_text(entry, "p", ""));
	json_put_text(data, "staff", person_number(t));
	json_put_text(data, "result", result);
	json_put_int(data, "round", json_get_int(entry, "r", 1));
	if (json_get_flag(entry, "w"))
		json_object_set_new(data, "wrote", json_true());
	turn_event_actor(t, "page.result", json_get_text(entry, "c", ""), "paged", data);
}

/* --- who has it ------------------------------------------------------------------------------ */

static void clock_text(const struct member *m, int64_t at, char text[8])
{
	const struct zone *zone = member_zone(m);
	struct local_time local = {0};

	if (zone)
		zone_local(zone, at, &local);
	text_set(text, 8, "%02d:%02d", local.hour % 24, local.minute % 60);
}

static void tell_late(const struct member *m, const json_t *page)
{
	char since[8];

	clock_text(m, json_get_int(page, "since", m->t->now), since);
	tell(m, "ack.late", WORDING_ACK_LATE,
		(struct slot[]){{"code", json_get_text(page, "code", "")},
			{"by", json_get_text(page, "by", "")}, {"since", since}, {NULL, NULL}});
}

static void tell_mine(const struct member *m, const json_t *data)
{
	bool details = m->program->page_details && *json_get_text(data, "number", "");

	tell(m, "ack.yours", details ? WORDING_ACK_YOURS : WORDING_ACK_YOURS_BARE,
		(struct slot[]){{"code", json_get_text(data, "code", "")},
			{"name", json_get_text(data, "name", "")},
			{"number", json_get_text(data, "number", "")}, {NULL, NULL}});
}

void staff_taken(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct program *p = program_or_first(t, json_get_text(data, "program", ""));
	bool mine = json_get_flag(data, "you");
	struct member m;
	json_t *page, *entry = turn_log(t, "taken", mine ? "ack.mine" : "ack.others");

	json_put_text(entry, "case", json_get_text(data, "case", ""));
	json_put_text(entry, "by_name", json_get_text(data, "by", ""));
	if (!p || !*person_number(t))
		return;
	member_open(t, p, &m);
	page = page_open(t, data);
	withdraw(t, page);
	json_put_text(page, "p", p->id);
	json_put_text(page, "by", json_get_text(data, "by", ""));
	json_put_int(page, "since", json_get_int(data, "since", t->now));
	json_put_int(page, "at", t->now);
	if (mine)
		tell_mine(&m, data);
	else if (page_is(page, "acked"))
		tell_late(&m, page);
	else if (!page_is(page, "taken"))
		tell(&m, "ack.other", WORDING_ACK_OTHER,
			(struct slot[]){{"code", json_get_text(data, "code", "")},
				{"by", json_get_text(data, "by", "")}, {NULL, NULL}});
	json_put_text(page, "st", mine ? "mine" : "taken");
}

/* --- acknowledging --------------------------------------------------------------------------- */

/* "ACK 4821", "4821 got it": the number out of the text, the rest into `rest`. */
static int split_code(const char *body, char *rest, size_t size)
{
	size_t start = strcspn(body, "0123456789");
	size_t n = strspn(body + start, "0123456789");

	if (n != 4 || strlen(body) >= size)
		return -1;
	text_set(rest, size, "%.*s %s", (int)start, body, body + start + n);
	return (int)strtol(
		(char[]){body[start], body[start + 1], body[start + 2], body[start + 3], '\0'},
		NULL, 10);
}

enum ack_word { ACK_NOT, ACK_ONE, ACK_WORD, ACK_CODE };

static enum ack_word ack_read(const char *body, char code[8])
{
	int number = keyword_number(body);
	char rest[64];

	if (number == 1)
		return ACK_ONE;
	if (number < 0) {
		if (keyword_of(body) == KEYWORD_ACK)
			return ACK_WORD;
		number = split_code(body, rest, sizeof(rest));
		if (number >= 0 && keyword_of(rest) != KEYWORD_ACK && keyword_number(rest) != 1)
			return ACK_NOT;
	}
	if (number < 1000 || number > 9999)
		return ACK_NOT;
	text_set(code, 8, "%04d", number);
	return ACK_CODE;
}

static void acknowledge(const struct member *m, json_t *page)
{
	const struct program *p = program_or_first(m->t, json_get_text(page, "p", ""));
	const struct staff *staff = program_staff(p, person_number(m->t));
	json_t *data = json_object();

	json_put_text(data, "program", p->id);
	json_put_text(data, "staff", person_number(m->t));
	json_put_text(data, "name", staff ? staff->name : member_called(m));
	json_put_text(data, "how", "text");
	turn_event_actor(m->t, "ack.text", json_get_text(page, "c", ""), "ack", data);
	json_put_text(page, "st", "acked");
	turn_trace(m->t, "ack.text", "acknowledges case %s", json_get_text(page, "code", ""));
}

/* How many wait, the last of them, and all their numbers. */
static size_t waiting(struct turn *t, json_t **last, char *codes, size_t size)
{
	size_t i, n = 0, len = 0;
	json_t *page;

	codes[0] = '\0';
	json_array_foreach(json_object_get(t->doc, "pages"), i, page)
	{
		if (!page_waits(page))
			continue;
		*last = page;
		len = strlen(codes);
		text_set(codes + len, size - len, "%s%s", n++ ? ", " : "",
			json_get_text(page, "code", ""));
	}
	return n;
}

static bool pageable(const struct member *m)
{
	const struct program *p = m->program;

	for (size_t i = 0; i < p->nstaff; i++)
		if (p->staff[i].role != STAFF_SUPPORTER &&
			strcmp(p->staff[i].phone.text, person_number(m->t)) == 0)
			return true;
	return json_array_size(json_object_get(m->t->doc, "pages")) > 0;
}

static void settled(const struct member *m, const json_t *page)
{
	if (page_is(page, "mine"))
		tell(m, "ack.yours", WORDING_ACK_YOURS_BARE,
			(struct slot[]){{"code", json_get_text(page, "code", "")}, {NULL, NULL}});
	else
		tell_late(m, page);
}

static bool by_code(const struct member *m, const char *code)
{
	json_t *page = page_find(m->t, "code", code);

	if (page && page_waits(page))
		acknowledge(m, page);
	else if (page)
		settled(m, page);
	else
		tell(m, "ack.none", WORDING_ACK_NONE, NULL);
	return true;
}

bool staff_acknowledge(const struct member *m, const char *body)
{
	json_t *page = NULL, *list;
	char code[8], codes[160];
	enum ack_word word = ack_read(body, code);
	size_t n;

	forget_old(m->t);
	list = json_object_get(m->t->doc, "pages");
	n = waiting(m->t, &page, codes, sizeof(codes));
	if (word == ACK_NOT || !pageable(m))
		return false;
	/* After a STOP only pages are spoken about, and none waits. */
	if (n == 0 && member_state(m) == MEMBER_STOPPED)
		return false;
	if (word == ACK_CODE)
		return by_code(m, code);
	if (n == 1) {
		acknowledge(m, page);
	} else if (n > 1) {
		tell(m, "ack.which", WORDING_ACK_WHICH,
			(struct slot[]){{"codes", codes}, {NULL, NULL}});
	} else if (word == ACK_ONE && member_state(m) == MEMBER_ACTIVE) {
		return false; /* no page waits: this is their own answer to a check-in */
	} else if (json_array_size(list) > 0) {
		settled(m, json_array_get(list, json_array_size(list) - 1));
	} else {
		tell(m, "ack.none", WORDING_ACK_NONE, NULL);
	}
	return true;
}

void staff_wrote(const struct member *m)
{
	turn_index(m->t, "staff.wrote", INDEX_UNREAD);
	if (member_recent(m, "unknown", UNKNOWN_MS))
		return;
	job_track(m->t, member_reply(m, "staff.wrote", WORDING_STAFF_UNKNOWN, NULL), JOB_REPLY,
		m->program->id);
}

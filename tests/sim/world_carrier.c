/*
 * Two telephone companies that say what became of a text, and one that never does. Some texts do
 * not arrive although they were taken; some receipts are lost, late, or come before our own answer.
 * "birch" does not give our job back.
 */
#include "tests/sim/world.h"

#include <warmline/fail.h>

static struct carried *carried_of(struct world *w, const char *id)
{
	struct carried *one;

	HASH_FIND_STR(w->carried, id, one);
	return one;
}

void carrier_choose(struct world *w, struct sending *s)
{
	const struct program *p = &w->house->programs[world_program(w, s->program)];
	const char *account = world_odds(w, 50) ? "maple" : "birch";

	if (world_odds(w, 10))
		account = "mute";
	if (strcmp(account, s->avoid) == 0)
		account = strcmp(account, "maple") == 0 ? "birch" : "maple";
	text_set(s->account, sizeof(s->account), "%s", account);
	text_set(s->id, sizeof(s->id), "T%s.%d", s->job, s->attempt);
	if (!*s->from)
		text_set(s->from, sizeof(s->from), "%s",
			p->nmore && world_odds(w, 50) ? p->more[0].text : p->number.text);
}

static json_t *receipt_data(const struct world *w, const struct carried *text, const char *status)
{
	json_t *data = json_object();
	char id[160];

	text_set(id, sizeof(id), "receipt:%s:%s:%s", text->account, text->id, status);
	json_put_text(data, "id", id);
	json_put_text(data, "kind", "receipt");
	json_put_text(data, "status", status);
	json_put_text(data, "account", text->account);
	json_put_text(data, "provider_id", text->id);
	if (strcmp(status, "undelivered") == 0)
		json_put_text(data, "why", text->why);
	json_put_int(data, "at", w->now);
	return data;
}

/* This one never says whose text it was. */
static bool gives_job(const struct carried *text)
{
	return strcmp(text->account, "birch") != 0;
}

static void put_job(const struct carried *text, json_t *data)
{
	if (!gives_job(text))
		return;
	json_put_text(data, "job", text->job);
	json_put_int(data, "attempt", text->attempt);
}

static void receipt(struct world *w, const struct carried *text, const char *status, int64_t wait)
{
	json_t *data = receipt_data(w, text, status);

	put_job(text, data);
	json_put_int(data, "at", w->now + wait);
	json_put_int(data, "wait", wait);
	gateway_post(w, text->to, data, CONSENT_KEEP, NULL);
}

static const char *conclusion(const struct carried *text)
{
	return text->arrives ? "delivered" : "undelivered";
}

static void receipts(struct world *w, const struct carried *text)
{
	if (strcmp(text->account, "mute") == 0 || world_odds(w, 10))
		return;
	if (world_odds(w, 80))
		receipt(w, text, "sent", world_between(w, 0, 4000));
	if (world_odds(w, 92))
		receipt(w, text, conclusion(text),
			world_between(w, 500, world_odds(w, 10) ? 3600000 : 20000));
}

static const char *reason(struct world *w)
{
	static const char *const all[] = {"network", "network", "network", "unknown", "account",
		"bad number", "blocked", "content"};

	return world_odds(w, 3) ? "opted out" : all[world_chance(w) % 8];
}

/* Now and then there is a bad hour, whoever carries it. */
static bool arrives(struct world *w)
{
	return !world_faulty(w, w->now / 3600000 % 5 == 0 ? 75 : 5);
}

void carrier_take(struct world *w, const struct sending *s)
{
	struct written *written;
	struct carried *text = carried_of(w, s->id);

	HASH_FIND_STR(w->written, s->job, written);
	w->sends++;
	written->accepted++;
	check_accepted(w, written);
	if (!text) {
		text = xcalloc(1, sizeof(*text));
		text_set(text->id, sizeof(text->id), "%s", s->id);
		HASH_ADD_STR(w->carried, id, text);
	}
	text_set(text->job, sizeof(text->job), "%s", s->job);
	text_set(text->to, sizeof(text->to), "%s", s->to);
	text->account = account_find(w->house->accounts, w->house->naccounts, s->account)->name;
	text->attempt = s->attempt;
	text->at = w->now;
	text->arrives = arrives(w);
	text->why = text->arrives ? "" : reason(w);
	if (text->arrives)
		people_got(w, s->to, s->from, s->body);
	receipts(w, text);
}

/* What it finds is the receipt that was lost, under the same id. */
void carrier_looked_up(struct world *w, const struct sending *s)
{
	const struct carried *text = carried_of(w, s->id);
	json_t *data = receipt_data(w, text, conclusion(text));

	if (gives_job(text))
		json_put_text(data, "job", s->about);
	engine_finish(w, s, JOB_ACCEPTED, 0, data);
	check_receipt(w, text->id, conclusion(text));
}

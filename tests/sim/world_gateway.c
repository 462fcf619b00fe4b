/* The gateway: what comes from outside is in its journal, and is posted until the store knows it.
 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <warmline/fail.h>

struct on_way { /* in the journal: it will be posted until it is known */
	char number[17];
	enum post_consent consent;
	json_t *data;
	struct said *said;
};

static void inbound_drop(void *arg)
{
	json_decref(((struct on_way *)arg)->data);
	free(arg);
}

static void keep_actor(void *arg, enum store_result result, const char *actor)
{
	struct said *said = arg;

	if (said && result == STORE_OK)
		text_set(said->actor, sizeof(said->actor), "%s", actor);
}

static void event_id(const struct world *w, const struct on_way *in, char *id, size_t size)
{
	if (w->mutant == MUTANT_DEDUPE_BY_TEXT && in->said)
		text_set(id, size, "%s:%s", in->number, json_get_text(in->data, "body", ""));
	else
		text_set(id, size, "%s", json_get_text(in->data, "id", ""));
}

static void post_inbound(struct world *w, void *arg)
{
	struct on_way *in = arg;
	char blind[BLIND_SIZE], id[900], *text = json_print(in->data);
	struct post post = {.blind = blind,
		.event_id = id,
		.consent = in->consent,
		.program = json_get_text(in->data, "program", ""),
		.event = {text, strlen(text)}};
	bool dropped = w->mutant == MUTANT_MAIL_DROPPED && in->said && world_odds(w, 1);

	event_id(w, in, id, sizeof(id));
	world_blind(NULL, in->number, blind);
	if (!dropped) {
		w->store->ops->post(w->store, &post, keep_actor, in->said);
		engine_turn(w);
	}
	if (in->said && !in->said->posted) {
		in->said->posted = w->now;
		check_posted(w, in->said, in->consent);
	} else if (!in->said) {
		check_receipt(w, json_get_text(in->data, "provider_id", ""),
			json_get_text(in->data, "status", ""));
	}
	free(text);
	inbound_drop(in);
}

static int64_t journal_delay(struct world *w)
{
	if (world_faulty(w, 3))
		return world_between(w, 0, w->fast ? 60000 : 3600000);
	return world_between(w, 0, world_faulty(w, 15) ? 60000 : 300);
}

void gateway_post(struct world *w, const char *number, json_t *data, enum post_consent consent,
	struct said *said)
{
	int64_t wait = json_get_int(data, "wait", 0);
	int copies = world_faulty(w, 15) ? 2 : 1;

	json_object_del(data, "wait");
	for (int i = 0; i < copies; i++) {
		struct on_way *in = xcalloc(1, sizeof(*in));

		text_set(in->number, sizeof(in->number), "%s", number);
		in->consent = consent;
		in->data = json_incref(data);
		in->said = said;
		world_later(w, w->now + wait + journal_delay(w), post_inbound, inbound_drop, in);
	}
	json_decref(data);
}

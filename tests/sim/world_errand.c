/* Promises about what is asked of carriers, and what they have told when it is asked. */
#include "tests/sim/world.h"

#include <warmline/fail.h>

#define MINUTE INT64_C(60000)

static void looked_up(
	struct world *w, const struct effect *e, struct carried *text, int64_t claimed)
{
	const struct written *written;

	w->look_ups++;
	if (++text->look_ups > 1)
		world_fail(w, "%s was looked up twice", text->id);
	if (strcmp(e->about, text->job) != 0 || strcmp(e->account, text->account) != 0)
		world_fail(w, "%s is looked up as %s at %s", text->id, e->about, e->account);
	if (text->heard && text->heard < claimed)
		world_fail(w, "%s was looked up though it was heard of", text->id);
	if (claimed < text->at + MINUTE)
		world_fail(w, "%s was looked up too soon", text->id);
	HASH_FIND_STR(w->written, text->job, written);
	if (written->lane != LANE_SCHEDULED && strncmp(written->key, "page", 4) != 0 &&
		strcmp(written->key, "case_wrote_again") != 0)
		world_fail(w, "a %s was looked up", written->key);
}

static void redacted(struct world *w, const struct effect *e, const struct carried *text)
{
	const struct program *p = &w->house->programs[world_program(w, e->program)];
	char id[96];
	struct said *said;

	w->redactions++;
	text_set(id, sizeof(id), "fake:AC1:%s:text", e->provider_id);
	HASH_FIND_STR(w->said, id, said);
	if (!p->redact)
		world_fail(w, "%s is redacted though the program does not want it", e->provider_id);
	if (text ? !text->concluded : !said || !said->logged)
		world_fail(w, "%s is redacted too soon", e->provider_id);
}

void check_errand(struct world *w, const struct effect *e, int64_t claimed)
{
	struct carried *text;

	HASH_FIND_STR(w->carried, e->provider_id, text);
	if (e->errand == ERRAND_REDACT)
		redacted(w, e, text);
	else if (!text)
		world_fail(w, "a look-up of no text: %s", e->provider_id);
	else
		looked_up(w, e, text, claimed);
}

void check_receipt(struct world *w, const char *provider_id, const char *status)
{
	struct carried *text;
	struct written *written;

	HASH_FIND_STR(w->carried, provider_id, text);
	if (!text)
		return;
	if (!text->heard)
		text->heard = w->now;
	if (strcmp(status, "sent") == 0 || text->concluded)
		return;
	text->concluded = w->now;
	HASH_FIND_STR(w->written, text->job, written);
	if (written && strcmp(status, "undelivered") == 0 && !written->failed)
		written->failed = w->now;
}

#include "scheduler/outcome.h"

#include <warmline/fail.h>
#include <warmline/json.h>

void outcome_id(const struct outcome *o, char id[EVENT_ID_SIZE])
{
	text_set(id, EVENT_ID_SIZE, "%s:%d:%s", o->job, o->attempt, o->said);
}

char *outcome_print(const struct outcome *o, const char *id, int64_t now_ms)
{
	json_t *event = json_object();
	char *text;

	json_put_text(event, "id", id);
	json_put_text(event, "kind", "outcome");
	json_put_int(event, "at", now_ms);
	json_put_text(event, "program", o->program);
	json_put_text(event, "job", o->job);
	json_put_int(event, "attempt", o->attempt);
	json_put_text(event, "result", o->said);
	json_put_text(event, "reason", o->reason);
	json_put_int(event, "error", o->error);
	json_put_text(event, "provider_id", o->provider_id);
	json_put_int(event, "ambiguous", o->ambiguous);
	json_put_text(event, "account", o->account);
	json_put_text(event, "from", o->from);
	if (o->why != ANSWER_ACCEPTED)
		json_put_text(event, "why", answer_kind_name(o->why));
	text = json_print(event);
	json_decref(event);
	return text;
}

#include <warmline/event.h>
#include <warmline/fail.h>
#include <warmline/json.h>

static const char *const names[] = {
	[EVENT_TEXT] = "text",
	[EVENT_RECEIPT] = "receipt",
	[EVENT_ERRAND] = "errand",
	[EVENT_OUTCOME] = "outcome",
	[EVENT_ENROLL] = "enroll",
	[EVENT_PAGE] = "page",
	[EVENT_TAKEN] = "taken",
	[EVENT_NOTICE] = "notice",
	[EVENT_AWAY] = "away",
	[EVENT_CASE] = "case",
	[EVENT_CRISIS] = "crisis",
	[EVENT_PAGED] = "paged",
	[EVENT_ACK] = "ack",
	[EVENT_UNKNOWN] = "unknown",
};

static enum event_kind kind_of(const char *name)
{
	for (int kind = 0; kind < EVENT_UNKNOWN; kind++)
		if (strcmp(names[kind], name) == 0)
			return (enum event_kind)kind;
	return EVENT_UNKNOWN;
}

void event_read(const json_t *data, struct event *event)
{
	event->id = json_get_text(data, "id", "");
	event->kind = kind_of(json_get_text(data, "kind", ""));
	event->at = json_get_int(data, "at", 0);
	event->data = data;
}

const char *event_kind_name(enum event_kind kind)
{
	return kind >= EVENT_TEXT && kind < EVENT_UNKNOWN ? names[kind] : names[EVENT_UNKNOWN];
}

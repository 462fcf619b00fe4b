#include "gateway/parcel.h"

#include <warmline/fail.h>

#define RECORD_VERSION "warmline-parcel 1"
#define HEAD_LINES     6

struct parcel *parcel_new_take(const char *event_id, const char *actor, const char *blind,
	const char *program, char *event)
{
	struct parcel *parcel = xcalloc(1, sizeof(*parcel));

	if (!text_set(parcel->event_id, sizeof(parcel->event_id), "%s", event_id) ||
		!text_set(parcel->actor, sizeof(parcel->actor), "%s", actor ? actor : "") ||
		!text_set(parcel->blind, sizeof(parcel->blind), "%s", blind ? blind : "") ||
		!text_set(parcel->program, sizeof(parcel->program), "%s", program))
		fail_abort("an event with an id that is too long");
	parcel->event = event;
	parcel->event_len = strlen(event);
	return parcel;
}

void parcel_free(struct parcel **parcel)
{
	if (*parcel)
		free((*parcel)->event);
	free(*parcel);
	*parcel = NULL;
}

char *parcel_write(const struct parcel *p, size_t *len)
{
	char *record = xasprintf("%s\n%lld %d %d\n%s\n%s\n%s\n%s\n%s", RECORD_VERSION,
		(long long)p->ticket, (int)p->consent, p->urgent ? 1 : 0, p->event_id, p->actor,
		p->blind, p->program, p->event);

	*len = strlen(record);
	return record;
}

/* Cuts the head lines of `text` in place; the rest is the event. NULL when there are too few. */
static char *cut_lines(char *text, const char *line[HEAD_LINES])
{
	for (int i = 0; i < HEAD_LINES; i++) {
		char *end = strchr(text, '\n');

		if (!end)
			return NULL;
		*end = '\0';
		line[i] = text;
		text = end + 1;
	}
	return text;
}

static bool fits(const char *const line[HEAD_LINES])
{
	return strcmp(line[0], RECORD_VERSION) == 0 && strlen(line[2]) < EVENT_ID_SIZE &&
	       strlen(line[3]) < ACTOR_SIZE && strlen(line[4]) < BLIND_SIZE &&
	       strlen(line[5]) < PROGRAM_ID_SIZE && (line[3][0] || line[4][0]);
}

/* "<ticket> <consent> <urgent>" */
static bool read_numbers(struct parcel *parcel, const char *text)
{
	char *end;
	long consent;

	parcel->ticket = strtoll(text, &end, 10);
	consent = strtol(end, &end, 10);
	parcel->urgent = strtol(end, &end, 10) != 0;
	parcel->consent = (enum post_consent)consent;
	return *text && !*end && consent >= CONSENT_KEEP && consent <= CONSENT_START;
}

struct parcel *parcel_read(const void *record, size_t len)
{
	char *copy = xmemdup(record, len), *event;
	const char *line[HEAD_LINES];
	struct parcel *parcel = NULL;

	event = cut_lines(copy, line);
	if (event && fits(line)) {
		parcel = parcel_new_take(line[2], line[3], line[4], line[5], xstrdup(event));
		parcel->journal = JOURNAL_HAS_IT;
		if (!read_numbers(parcel, line[1]))
			parcel_free(&parcel);
	}
	free(copy);
	return parcel;
}

void parcel_post(const struct parcel *p, struct post *post)
{
	*post = (struct post){.actor = p->actor[0] ? p->actor : NULL,
		.blind = p->blind[0] ? p->blind : NULL,
		.event_id = p->event_id,
		.program = p->program,
		.consent = p->consent,
		.urgent = p->urgent,
		.event = {p->event, p->event_len}};
}

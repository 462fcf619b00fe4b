#include "platform/store.h"

#include <warmline/log.h>

const char *store_result_name(enum store_result result)
{
	static const char *const names[] = {
		"ok", "duplicate", "lost", "none", "refused", "unknown", "broken"};

	return (size_t)result < sizeof(names) / sizeof(names[0]) ? names[result] : "?";
}

static bool invalid(const char *verb, const char *what)
{
	log_limited(LOG_LEVEL_ERROR, "store-call-invalid", "verb=%s what=\"%s\"", verb, what);
	return false;
}

static bool hex_blind(const char *blind)
{
	return blind && strlen(blind) == BLIND_SIZE - 1 &&
	       strspn(blind, "0123456789abcdef") == BLIND_SIZE - 1;
}

static bool no_space(const char *word)
{
	return !word || !strpbrk(word, " \t\r\n");
}

bool store_post_valid(const struct post *post)
{
	if (!post->event_id || !*post->event_id)
		return invalid("post", "an event needs an id");
	if (!no_space(post->program))
		return invalid("post", "a program id has no spaces");
	if (post->blind && !hex_blind(post->blind))
		return invalid("post", "a blind index has 32 hex digits");
	if (!post->actor)
		return post->blind ? true : invalid("post", "neither actor nor blind index");
	if (actor_partition(post->actor) < 0)
		return invalid("post", "not an actor id");
	if (post->blind && blind_partition(post->blind) != actor_partition(post->actor))
		return invalid("post", "actor and blind index live in different partitions");
	return true;
}

bool job_actor(const char *job, struct actor_id *actor)
{
	const char *dot = job ? strchr(job, '.') : NULL;
	char text[ACTOR_SIZE];

	if (!dot || dot - job >= ACTOR_SIZE || strlen(job) >= JOB_ID_SIZE)
		return false;
	text_set(text, sizeof(text), "%.*s", (int)(dot - job), job);
	return actor_parse(text, actor);
}

bool store_job_valid(const char *job)
{
	struct actor_id actor;

	return job_actor(job, &actor) || invalid("job", "a job id is <actor>.<number>");
}

bool store_recall_valid(const struct recall *recall)
{
	if (!store_job_valid(recall->job))
		return false;
	if (recall->lane != LANE_REPLY && recall->lane != LANE_SCHEDULED)
		return invalid("recall", "texts of lanes 1 and 2 only");
	if (recall->result == JOB_LATER)
		return invalid("recall", "a text that waits has no end to tell");
	return (recall->event_id && *recall->event_id && recall->event.len) ||
	       invalid("recall", "an outcome event is needed");
}

char *text_identity(enum lane lane, const char *program, const struct blob *body)
{
	if (lane == LANE_CRISIS)
		return NULL;
	return xasprintf("text %d %s %.*s", (int)lane, program ? program : "", (int)body->len,
		body->data ? (const char *)body->data : "");
}

bool store_partition_valid(int partition)
{
	return (partition >= 0 && partition < PARTITIONS) || invalid("call", "no such partition");
}

int write_partition(const struct store_write *write)
{
	if (write->to)
		return actor_partition(write->to);
	return hex_blind(write->blind) ? blind_partition(write->blind) : -1;
}

/* STOP marks lie beside the number they are about: a routine text elsewhere would not see them. */
static bool job_write_valid(const struct store_write *w, const char *actor)
{
	struct actor_id owner;

	if (!job_actor(w->id, &owner) || strcmp(owner.text, actor) != 0)
		return invalid("commit", "a job belongs to the actor that writes it");
	if (w->blind && !hex_blind(w->blind))
		return invalid("commit", "a blind index has 32 hex digits");
	if (w->gate != GATE_ROUTINE)
		return true;
	if (!w->blind || blind_partition(w->blind) != actor_partition(actor))
		return invalid("commit", "a routine text goes to a number of its own partition");
	return true;
}

static bool write_valid(const struct store_write *w, const char *actor)
{
	switch (w->kind) {
	case WRITE_JOB: return job_write_valid(w, actor);
	case WRITE_CANCEL: return w->id ? true : invalid("commit", "cancel needs a job id");
	case WRITE_EVENT:
		if (!w->id || !*w->id || !no_space(w->program))
			return invalid("commit", "an event needs an id and a plain program");
		return write_partition(w) >= 0 || invalid("commit", "an event needs a receiver");
	case WRITE_LOG: return true;
	case WRITE_INDEX:
	case WRITE_UNINDEX:
	case WRITE_COUNT: return (w->id && *w->id) || invalid("commit", "a name is missing");
	case WRITE_PHONE:
		if (!hex_blind(w->blind) || blind_partition(w->blind) != actor_partition(actor))
			return invalid("commit", "a number leads to actors of its partition only");
		return true;
	}
	return invalid("commit", "unknown kind of write");
}

bool store_commit_valid(const struct commit *commit)
{
	if (!commit->actor || actor_partition(commit->actor) < 0)
		return invalid("commit", "not an actor id");
	for (size_t i = 0; i < commit->nwrites; i++)
		if (!write_valid(&commit->writes[i], commit->actor))
			return false;
	return true;
}

void day_name(int64_t at_ms, char day[DAY_NAME_SIZE])
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct tm t;

	gmtime_r(&seconds, &t);
	text_set(day, DAY_NAME_SIZE, "%04u%02u%02u", (unsigned)(t.tm_year + 1900) % 10000U,
		(unsigned)(t.tm_mon + 1) % 100U, (unsigned)t.tm_mday % 100U);
}

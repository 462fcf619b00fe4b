#include <warmline/actor.h>
#include <warmline/fail.h>

static bool hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdef") >= n;
}

bool actor_parse(const char *text, struct actor_id *id)
{
	if (strlen(text) != 20 || (text[0] != ACTOR_PERSON && text[0] != ACTOR_CASE))
		return false;
	if (!hex(text + 1, 2) || text[3] != '-' || !hex(text + 4, 16))
		return false;
	if (strtol((char[]){text[1], text[2], '\0'}, NULL, 16) >= PARTITIONS)
		return false;
	memcpy(id->text, text, 21);
	return true;
}

enum actor_kind actor_kind(const char *id)
{
	return id[0] == ACTOR_CASE ? ACTOR_CASE : ACTOR_PERSON;
}

int actor_partition(const char *id)
{
	struct actor_id parsed;

	if (!actor_parse(id, &parsed))
		return -1;
	return (int)strtol((char[]){id[1], id[2], '\0'}, NULL, 16);
}

int blind_partition(const char *blind)
{
	return (int)(strtol((char[]){blind[0], blind[1], '\0'}, NULL, 16) & (PARTITIONS - 1));
}

void actor_of_blind(const char *blind, struct actor_id *id)
{
	/* Not the blind index itself: an id stands in logs, the index only in the store. */
	uint64_t h = text_hash(blind);

	text_set(id->text, sizeof(id->text), "%c%02x-%016llx", ACTOR_PERSON, blind_partition(blind),
		(unsigned long long)h);
}

void actor_of_case(const char *person, const char *cause_event_id, struct actor_id *id)
{
	uint64_t h = text_hash(cause_event_id) ^ (text_hash(person) * 31);

	text_set(id->text, sizeof(id->text), "%c%02x-%016llx", ACTOR_CASE, actor_partition(person),
		(unsigned long long)h);
}

void case_number(const char *case_id, char number[5])
{
	text_set(number, 5, "%04u", (unsigned)(1000 + text_hash(case_id) % 9000));
}

uint64_t text_hash(const char *text)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211ULL;
	return h;
}

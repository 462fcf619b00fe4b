#include "ctl/data.h"

#include "ctl/folder.h"

#define SAID_SIZE 16384

bool data_there(const struct site *site, struct fail *fail)
{
	if (!folder_has_journal(site) || folder_holds(site, "redis/appendonlydir", ".manifest"))
		return true;
	return fail_set(fail,
		"The people and texts of this house are gone: %s/redis holds no data of Redis, but "
		"the journal beside it shows that there were some. Nothing was started or changed. "
		"Put the folder redis back from your backup; what came later is taken in again "
		"from "
		"the journal. If there is no backup, start with --begin-empty.",
		site->state);
}

/* The first line of what Redis said that is about its data; NULL = none. */
static char *about_data(char *said)
{
	static const char *const words[] = {"reading the append only file", "AOF manifest",
		"the AOF file", "loading DB", "in RDB reading", "Wrong signature",
		"RDB format version", "the AOF base file"};
	char *line, *rest = said;

	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strstr(line, " # ") && strstr(line, words[i]))
				return strstr(line, " # ") + 3;
	return NULL;
}

bool data_damaged(const struct site *site, const struct part *redis, struct fail *fail)
{
	char said[SAID_SIZE];
	const char *reason;

	part_said(redis, said, sizeof(said));
	reason = about_data(said);
	if (!reason)
		return false;
	fail_set(fail,
		"Redis cannot read its data in %s/redis: a file is damaged (%.*s). Nothing was "
		"changed. Copy that folder away first. Then put it back from your backup, or cut "
		"off the damaged end: redis-check-aof --fix appendonlydir/appendonly.aof.manifest. "
		"Texts that are missing then come back from the journal at the next start.",
		site->state, (int)strcspn(reason, ":."), reason);
	return true;
}

bool data_was_cut(const struct part *redis)
{
	char said[SAID_SIZE];

	part_said(redis, said, sizeof(said));
	return strstr(said, "aof-load-truncated is enabled") != NULL;
}

/* warmline init: state folder and keys, for houses whose parts another supervisor starts. */
#include "ctl/command.h"
#include "ctl/folder.h"

#include <stdio.h>
#include <sys/stat.h>

static int run(const struct call *call)
{
	struct fail fail = {.text = ""};
	struct keys *keys = NULL;
	bool made = false;
	struct site *site = call_site(call);

	if (!site)
		return ENDED_PROBLEMS;
	umask(0077);
	if (folder_make(site, &fail))
		keys = folder_keys(site, &made, &fail);
	if (!keys)
		fprintf(stderr, "warmline init: %s\n", fail.text);
	else if (made)
		printf("Made %s/keys. Keep a copy in a safe place: what is stored can be opened "
		       "only with it.\n",
			site->state);
	else
		printf("The keys are in %s/keys already.\n", site->state);
	site_free(&site);
	if (!keys)
		return ENDED_FAILED;
	keys_free(&keys);
	return ENDED_WELL;
}

const struct command command_init = {
	.name = "init",
	.words = "",
	.summary = "Makes the state folder and the keys, without starting anything",
	.text = "For systemd and containers; \"warmline up\" does it by itself. Existing keys "
		"stay, and\n"
		"where data lies without its keys no new ones are made.",
	.run = run,
};

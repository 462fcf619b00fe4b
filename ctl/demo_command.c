/* warmline demo: two weeks of the program in a second, told as a story. */
#include "ctl/command.h"
#include "ctl/demo.h"

#include <stdio.h>

static int run(const struct call *call)
{
	struct site *site = call_site(call);
	int code;

	if (!site)
		return ENDED_PROBLEMS;
	code = demo_run(site, stdout);
	site_free(&site);
	return code == 0 ? ENDED_WELL : ENDED_FAILED;
}

const struct command command_demo = {
	.name = "demo",
	.words = "",
	.summary = "Tells two weeks of a program as a story, in virtual time",
	.text = "The real rules over a store in memory: nothing is sent, nothing is kept.",
	.run = run,
};

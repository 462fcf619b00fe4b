/* warmline ready: does the gateway of this house take texts? For health checks. */
#include "ctl/command.h"
#include "ctl/probe.h"

#include <stdio.h>
#include <warmline/fail.h>

static int run(const struct call *call)
{
	struct site *site = call_site(call);
	char reasons[1024];
	int status;

	if (!site)
		return ENDED_PROBLEMS;
	status = probe_get(site->listen, site->port, "/readyz", reasons, sizeof(reasons));
	if (status == 200)
		printf("ready\n");
	else if (status)
		fprintf(stderr, "warmline is not ready: %s\n", reasons);
	else
		fprintf(stderr, "warmline is not running here: nobody answers on %s:%d.\n",
			site->listen, site->port);
	site_free(&site);
	return status == 200 ? ENDED_WELL : ENDED_NOT_RUNNING;
}

const struct command command_ready = {
	.name = "ready",
	.words = "",
	.summary = "Says whether the gateway takes texts, and why not",
	.text = "Asks the gateway's /readyz. Ends with 0 when it is ready, else with 3.",
	.run = run,
};

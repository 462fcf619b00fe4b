#include "ctl/command.h"

#include <stdio.h>

#define WARMLINE_VERSION "0.1.0"

static int run(const struct call *call)
{
	(void)call;
	printf("warmline " WARMLINE_VERSION "\n");
	return ENDED_WELL;
}

const struct command command_version = {
	.name = "version",
	.words = "",
	.summary = "Says which version this is",
	.text = "",
	.run = run,
};

/* The same parameters by GET, in a posted form, or as members of a posted JSON object. */
#ifndef TESTS_LIB_SHAPE_H
#define TESTS_LIB_SHAPE_H

#include "tests/lib/posted.h"

enum shape { BY_GET, BY_FORM, BY_JSON };

struct shaped {
	struct posted *posted; /* NULL after it was read: reading frees it */
	char *url, *text;
};

/* `params` as a form has them, each name once; in JSON all of them are texts. */
void shape_open(struct shaped *shaped, enum shape shape, enum webhook_about about, const char *url,
	const char *params);
void shape_close(struct shaped *shaped);

#endif

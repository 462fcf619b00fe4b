/*
 * What a text costs when everything in its slots is as long as it gets: the longest name that a
 * person may have (shortened as the rules shorten it), the longest names of the program's staff,
 * three open cases. Measured as it would leave, with the program's own settings.
 */
#ifndef PLATFORM_WORDING_COST_H
#define PLATFORM_WORDING_COST_H

#include <warmline/program.h>

struct wording_cost {
	size_t units, segments; /* as in sms_text.h */
	bool ucs2;
	bool long_name;   /* with a usual name it would be one segment */
	char because[16]; /* the first character that makes it UCS-2; "" = its length alone */
};

/* False when the text is no UTF-8. */
bool wording_cost_of(const struct program *program, const struct wording *wording,
	enum wording_key key, struct wording_cost *cost);

#endif

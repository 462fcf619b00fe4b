/*
 * The parameters of a form in the order in which a provider signs them. Providers differ in what
 * they do with a repeated name, and nothing else.
 */
#ifndef PROVIDERS_PARAMS_H
#define PROVIDERS_PARAMS_H

#include <stddef.h>
#include <warmline/form.h>

enum params_order {
	PARAMS_UNIQUE, /* by name, then value; equal pairs once (Twilio) */
	PARAMS_SORTED, /* by name, then value; all of them (Plivo) */
	PARAMS_CAME,   /* by name; values of one name as they came (SignalWire) */
};

/* The fields of `form` (NULL = none), sorted by bytes; the caller frees the array. */
const struct form_field **params_sort(const struct form *form, enum params_order order, size_t *n);

#endif

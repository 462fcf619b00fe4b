/*
 * Can the providers reach us? What each of them must be told, what proves its webhooks, and what
 * shows that the configured public_url cannot be what it calls: scheme, port, proxy.
 */
#ifndef CTL_REACH_H
#define CTL_REACH_H

#include <warmline/site.h>

/* Prints a paragraph for each account; false when one of them cannot work as configured. */
bool reach_print(const struct site *site);

#endif

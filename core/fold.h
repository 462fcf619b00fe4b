/*
 * Letters as a reader hears them: compatibility forms undone (NFKD), case folded, accents and
 * invisible characters dropped. "Mí" and "mi" are one word, "ＳＴＯＰ" and "stop" too.
 *
 * One code point at a time, so nothing is allocated and any length is linear. Bytes that are no
 * UTF-8 come out as U+FFFD.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLD_MAX 18 /* the longest NFKD of one code point (Unicode: U+FDFA) */

struct folded {
	int32_t c[FOLD_MAX];
	int n; /* 0: the character is not heard at all */
};

/* Reads the next code point of `text` at *at (< len) and moves *at behind it. */
void fold_next(const char *text, size_t len, size_t *at, struct folded *folded);
bool fold_is_apostrophe(int32_t c); /* all forms that keyboards make of it */
bool fold_is_letter(int32_t c);     /* letter or digit */
/* UTF-8 of `c` to `out`; the number of bytes, 0 when it does not fit into `room`. */
size_t fold_write(int32_t c, char *out, size_t room);

#endif

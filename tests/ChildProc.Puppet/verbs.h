/* verbs.h - what the puppets of all systems have: verbs, the lists of them, and what each system says in its own way. */
#ifndef VERBS_H
#define VERBS_H

#include <stddef.h>

enum { DEADLINE_MS = 120 * 1000 };

typedef void verb(char **arguments); /* NULL-terminated */

struct verb {
    const char *name;
    verb *run;
    int least; /* arguments it needs */
};

extern const struct verb *const g_tables[]; /* ended by NULL; each table by a NULL name */

void run_verb(char **words);                  /* name and arguments */
void run_list(char **words, char *separator); /* verbs between separators */
verb read_line, wait_eof;

/* Of each system. */
size_t read_input(char *to, size_t room); /* of the standard input; 0 at its end */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

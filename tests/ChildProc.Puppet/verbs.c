/* verbs.c - finds a verb and runs it: the same on every system, as are the verbs that need nothing but a byte of input. */
#include "verbs.h"
#include <stddef.h>
#include <string.h>

void run_verb(char **words)
{
    int count = 0;
    if (!words[0])
        fail("no verb");
    while (words[count + 1])
        count++;
    for (const struct verb *const *table = g_tables; *table; table++)
        for (const struct verb *v = *table; v->name; v++)
            if (!strcmp(v->name, words[0])) {
                if (count < v->least)
                    fail("%s: needs %d arguments", v->name, v->least);
                v->run(words + 1);
                return;
            }
    fail("unknown verb '%s'", words[0]);
}

void run_list(char **words, char *separator)
{
    while (*words) {
        char **end = words;
        while (*end && strcmp(*end, separator))
            end++;
        char *kept = *end;
        *end = NULL;
        run_verb(words);
        *end = kept;
        words = kept ? end + 1 : end;
    }
}

void read_line(char **arguments)
{
    (void)arguments;
    char line[4096], c;
    size_t n = 0;
    while (n < sizeof line - 1 && read_input(&c, 1)) {
        if (c == '\n') {
            line[n] = 0;
            say("line %s", line);
            return;
        }
        line[n++] = c;
    }
    say("eof");
}

void wait_eof(char **arguments)
{
    (void)arguments;
    char buffer[4096];
    while (read_input(buffer, sizeof buffer))
        ;
}

/* tree.c - verbs that make descendants. Within them "+" separates verbs. */
#include "puppet.h"

static char **with(char *first, char **rest)
{
    size_t n = 0;
    while (rest[n])
        n++;
    char **all = calloc(n + 2, sizeof *all);
    all[0] = first;
    memcpy(all + 1, rest, n * sizeof *all);
    return all;
}

static void fork_verb(char **arguments)
{
    for (int64_t i = 0, n = number(arguments[0]); i < n; i++)
        again(with("forked", arguments + 1), 0);
}

static void setsid_fork(char **arguments) { again(with("forked", arguments), DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP); }
static void setpgid_fork(char **arguments) { again(with("forked", arguments), CREATE_NEW_PROCESS_GROUP); }

/* Of no console, and with a parent that is gone. */
static void daemon_verb(char **arguments) { WaitForSingleObject(again(with("orphan", arguments), DETACHED_PROCESS), DEADLINE_MS); }
static void orphan(char **arguments) { again(with("forked", arguments), DETACHED_PROCESS); }

static void hold_stdout(char **arguments)
{
    char *words[] = {"sleep-ms", number(arguments[0]) ? arguments[0] : "120000", NULL};
    again(words, 0);
}

/* Each member writes a byte into a pipe that it inherits; the root counts them, so that it knows when all are there. */
static HANDLE s_read;
static char s_write[32];

static void open_pipe(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE write;
    if (!CreatePipe(&s_read, &write, &inherit, 0))
        fail("pipe");
    sprintf(s_write, "%llu", (unsigned long long)(UINT_PTR)write);
}

static void await(int64_t count)
{
    char buffer[4096];
    for (int64_t seen = 0; seen < count;) {
        DWORD n;
        if (!ReadFile(s_read, buffer, sizeof buffer, &n, NULL))
            fail("a member is missing");
        seen += n;
    }
    say("ready %lld", (long long)count);
    Sleep(DEADLINE_MS);
}

static int64_t grow(int64_t width, int64_t depth, char *pipe)
{
    int64_t members = 0;
    char w[32], d[32];
    sprintf(w, "%lld", (long long)width);
    sprintf(d, "%lld", (long long)(depth - 1));
    for (int64_t i = 0; i < width && depth > 0; i++) {
        char *words[] = {"member", pipe, w, d, NULL};
        CloseHandle(again(words, 0));
    }
    for (int64_t i = 1, level = width; i <= depth; i++, level *= width)
        members += level;
    return members;
}

static void member(char **arguments)
{
    grow(number(arguments[1]), number(arguments[2]), arguments[0]);
    write_all((HANDLE)(UINT_PTR)number(arguments[0]), "", 1);
    Sleep(DEADLINE_MS);
}

static void tree(char **arguments)
{
    open_pipe();
    await(grow(number(arguments[0]), number(arguments[1]), s_write));
}

static void flat(char **arguments)
{
    int64_t members = number(arguments[0]), daemons = number(arguments[1]);
    open_pipe();
    for (int64_t i = 0; i < members; i++) {
        char *words[] = {i < daemons ? "orphan" : "member", i < daemons ? "member" : s_write, i < daemons ? s_write : "0", "0", i < daemons ? "0" : NULL, NULL};
        CloseHandle(again(words, i < daemons ? DETACHED_PROCESS : 0));
    }
    await(members);
}

/* LIMIT chains, in each of which every process starts its successor and ends. */
static void fork_loop(char **arguments)
{
    int64_t end = (int64_t)GetTickCount64() + number(arguments[1]);
    char until[32];
    sprintf(until, "%lld", (long long)end);
    for (int64_t i = 0, chains = number(arguments[0]); i < chains; i++) {
        char *words[] = {"chain", until, NULL};
        again(words, 0);
    }
    say("ready");
    Sleep(DEADLINE_MS);
}

static void chain(char **arguments)
{
    char *words[] = {"chain", arguments[0], NULL};
    if ((int64_t)GetTickCount64() < number(arguments[0]))
        again(words, 0);
}

const struct verb g_tree_verbs[] = {
    {"fork", fork_verb, 2}, {"daemon", daemon_verb, 1}, {"orphan", orphan, 1}, {"setsid-fork", setsid_fork, 1}, {"setpgid-fork", setpgid_fork, 1},
    {"hold-stdout", hold_stdout, 1}, {"tree", tree, 2}, {"flat", flat, 2}, {"member", member, 3}, {"fork-loop", fork_loop, 2}, {"chain", chain, 1}, {0}};

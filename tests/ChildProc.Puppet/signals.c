/* signals.c - verbs that send, take, ignore and block signals. */
#include "puppet.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const char *s_text[65];
static int s_code[65];

static void ignore(char **arguments) { signal(signal_number(arguments[0]), SIG_IGN); }

static void block(char **arguments)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number(arguments[0]));
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void on_text(int s) { say("%s", s_text[s]); }
static void on_exit_code(int s) { _exit(s_code[s]); }

static void handle(int s, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(s, &action, NULL);
}

static void trap(char **arguments)
{
    int s = signal_number(arguments[0]);
    s_text[s] = arguments[1];
    handle(s, on_text);
}

static void trap_exit(char **arguments)
{
    int s = signal_number(arguments[0]);
    s_code[s] = (int)number(arguments[1]);
    handle(s, on_exit_code);
}

static void signal_self(char **arguments) { kill(getpid(), signal_number(arguments[0])); }
static void stop_self(char **arguments) { (void)arguments; kill(getpid(), SIGSTOP); }
static void group_kill(char **arguments) { kill(0, signal_number(arguments[0])); }

static void kill_pid(char **arguments)
{
    long pid = number(arguments[0]);
    if (pid <= 1)
        fail("kill: pid %ld", pid);
    kill((pid_t)pid, signal_number(arguments[1]));
}

static void core_limit(char **arguments)
{
    struct rlimit l;
    getrlimit(RLIMIT_CORE, &l);
    l.rlim_cur = strcmp(arguments[0], "0") ? l.rlim_max : 0;
    setrlimit(RLIMIT_CORE, &l);
}

/* No core dump, whatever core_pattern says: a limit of 0 keeps none from a program that takes them, core(5). */
static void undumpable(char **arguments) { (void)arguments; prctl(PR_SET_DUMPABLE, 0); }

const struct verb g_signal_verbs[] = {
    {"ignore", ignore, 1}, {"block", block, 1}, {"trap", trap, 2}, {"trap-exit", trap_exit, 2},
    {"signal-self", signal_self, 1}, {"stop-self", stop_self, 0}, {"group-kill", group_kill, 1},
    {"kill", kill_pid, 2}, {"core-limit", core_limit, 1}, {"undumpable", undumpable, 0}, {0}};

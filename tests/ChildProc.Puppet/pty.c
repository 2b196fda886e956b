/*
 * pty.c - a scripted terminal.
 *
 * pty-session CMD...  CMD itself leads the session of the terminal (as in a container with a terminal).
 * pty-shell CMD...    the puppet leads it, as a shell does, and CMD is its foreground job.
 * On standard input, a line each: type TEXT (with \n, \xHH), expect TEXT MS, fg, signal SIG. End of file hangs up.
 * On standard output: "| " and each line of the terminal, ok TEXT / timeout TEXT, stopped SIG, continued, exited N, killed SIG.
 */
#include "puppet.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

static char s_seen[1 << 20]; /* what the terminal showed, from s_from on not yet matched */
static size_t s_length, s_from, s_shown;

static void show(int last)
{
    while (s_shown < s_length) {
        char *end = memchr(s_seen + s_shown, '\n', s_length - s_shown);
        if (!end && !last)
            return;
        size_t stop = end ? (size_t)(end - s_seen) : s_length, n = stop - s_shown;
        while (n && s_seen[s_shown + n - 1] == '\r')
            n--;
        say("| %.*s", (int)n, s_seen + s_shown);
        s_shown = end ? stop + 1 : stop;
    }
}

static int take(int master)
{
    if (s_length == sizeof s_seen)
        fail("the terminal said too much");
    ssize_t n = read(master, s_seen + s_length, sizeof s_seen - s_length);
    if (n <= 0)
        return 0; /* EIO: nobody has the terminal open */
    s_length += (size_t)n;
    show(0);
    return 1;
}

static void type(int master, const char *text)
{
    char bytes[4096];
    size_t n = 0;
    for (; *text && n < sizeof bytes; n++) {
        unsigned value;
        if (text[0] == '\\' && text[1] == 'n') {
            bytes[n] = '\n';
            text += 2;
        } else if (text[0] == '\\' && text[1] == 'x' && sscanf(text + 2, "%2x", &value) == 1) {
            bytes[n] = (char)value;
            text += 4;
        } else
            bytes[n] = *text++;
    }
    if (write(master, bytes, n) < 0)
        say("error typing: %d", errno);
}

static int report(pid_t job, int options)
{
    int status;
    if (waitpid(job, &status, options) != job)
        return 0;
    if (WIFSTOPPED(status))
        say("stopped %s", signal_name(WSTOPSIG(status)));
    else if (WIFCONTINUED(status))
        say("continued");
    else if (WIFSIGNALED(status))
        say("killed %s", signal_name(WTERMSIG(status)));
    else
        say("exited %d", WEXITSTATUS(status));
    return WIFEXITED(status) || WIFSIGNALED(status);
}

/* expect TEXT MS: the text may hold spaces, the time is the last word. */
static void expect(int master, char *line)
{
    char *time = strrchr(line, ' ');
    if (!time)
        fail("expect TEXT MS");
    *time = 0;
    size_t n = strlen(line);
    for (int64_t end = now_ms() + number(time + 1);;) {
        char *found = s_length > s_from ? memmem(s_seen + s_from, s_length - s_from, line, n) : NULL;
        if (found) {
            s_from = (size_t)(found - s_seen) + n;
            say("ok %s", line);
            return;
        }
        struct pollfd p = {master, POLLIN, 0};
        int64_t left = end - now_ms();
        if (left <= 0 || poll(&p, 1, (int)left) <= 0 || !take(master)) {
            say("timeout %s", line);
            return;
        }
    }
}

/* Runs in the process that leads the session: hands the terminal to the job and reports on it. Commands come by pipe. */
static _Noreturn void lead(char **command, int commands)
{
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGTTIN, SIG_DFL);
        signal(SIGTSTP, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        execvp(command[0], command);
        _exit(127);
    }
    setpgid(job, job);
    tcsetpgrp(0, job);
    for (int over = 0; !over;) {
        struct pollfd p = {commands, POLLIN, 0};
        char order[64];
        if (poll(&p, 1, 5) > 0) {
            ssize_t n = read(commands, order, sizeof order - 1);
            if (n <= 0)
                break;
            order[n] = 0;
            if (!strncmp(order, "fg", 2)) {
                tcsetpgrp(0, job);
                kill(-job, SIGCONT);
            } else
                kill(-job, signal_number(order));
        }
        int status;
        while (waitpid(job, &status, WNOHANG | WUNTRACED | WCONTINUED) == job) {
            char news[64];
            over = WIFEXITED(status) || WIFSIGNALED(status);
            snprintf(news, sizeof news, "%s%s", WIFSTOPPED(status) ? "stopped " : WIFCONTINUED(status) ? "continued" : WIFSIGNALED(status) ? "killed " : "exited ",
                     WIFSTOPPED(status) ? signal_name(WSTOPSIG(status)) : WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : "");
            if (WIFEXITED(status))
                snprintf(news, sizeof news, "exited %d", WEXITSTATUS(status));
            dprintf(commands, "%s\n", news);
            if (WIFSTOPPED(status))
                tcsetpgrp(0, getpgrp());
        }
    }
    _exit(0);
}

static void run_terminal(char **command, int with_shell)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), pair[2] = {-1, -1};
    if (master < 0 || grantpt(master) || unlockpt(master))
        fail("no pseudo-terminal");
    char *name = ptsname(master);
    if (with_shell && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        fail("socketpair");
    pid_t leader = fork();
    if (leader == 0) {
        setsid();
        int slave = open(name, O_RDWR);
        ioctl(slave, TIOCSCTTY, 0);
        signal(SIGINT, SIG_DFL); /* as getty does: a shell starts its background jobs with both ignored */
        signal(SIGQUIT, SIG_DFL);
        for (int i = 0; i < 3; i++)
            dup2(slave, i);
        if (slave > 2)
            close(slave);
        if (with_shell)
            lead(command, pair[1]);
        execvp(command[0], command);
        _exit(127);
    }
    if (with_shell)
        close(pair[1]);

    char line[4096];
    size_t have = 0;
    int64_t end = now_ms() + DEADLINE_MS;
    for (int over = 0, hung = 0; !over && now_ms() < end;) {
        struct pollfd p[3] = {{hung ? -1 : master, POLLIN, 0}, {0, POLLIN, 0}, {with_shell ? pair[0] : -1, POLLIN, 0}};
        poll(p, 3, 20);
        if (p[0].revents && !take(master))
            hung = 1;
        if (p[2].revents) {
            char news[256];
            ssize_t n = read(pair[0], news, sizeof news - 1);
            if (n > 0) {
                news[n] = 0;
                for (char *one = strtok(news, "\n"); one; one = strtok(NULL, "\n"))
                    say("%s", one);
            }
        }
        if (p[1].revents) {
            ssize_t n = read(0, line + have, sizeof line - 1 - have);
            if (n <= 0)
                break; /* hang up */
            have += (size_t)n;
            for (char *stop; (stop = memchr(line, '\n', have));) {
                *stop = 0;
                if (!strncmp(line, "type ", 5))
                    type(master, line + 5);
                else if (!strncmp(line, "expect ", 7))
                    expect(master, line + 7);
                else if (with_shell && !strcmp(line, "fg"))
                    dprintf(pair[0], "fg");
                else if (with_shell && !strncmp(line, "signal ", 7))
                    dprintf(pair[0], "%s", line + 7);
                have -= (size_t)(stop + 1 - line);
                memmove(line, stop + 1, have);
            }
        }
        over = with_shell ? waitpid(leader, NULL, WNOHANG) == leader : report(leader, WNOHANG);
        if (over)
            while (!hung && poll(p, 1, 20) > 0 && take(master))
                ;
    }
    show(1);
    close(master); /* SIGHUP for the session */
}

static void pty_session(char **arguments) { run_terminal(arguments, 0); }
static void pty_shell(char **arguments) { run_terminal(arguments, 1); }

static void tty_raw(char **arguments)
{
    (void)arguments;
    struct termios modes;
    if (tcgetattr(0, &modes))
        fail("no terminal");
    modes.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    tcsetattr(0, TCSANOW, &modes);
}

static void tty_modes(char **arguments)
{
    (void)arguments;
    struct termios modes;
    if (tcgetattr(0, &modes))
        fail("no terminal");
    say("echo=%d icanon=%d", !!(modes.c_lflag & ECHO), !!(modes.c_lflag & ICANON));
}

const struct verb g_pty_verbs[] = {{"tty-raw", tty_raw, 0}, {"tty-modes", tty_modes, 0}, {"pty-session", pty_session, 1}, {"pty-shell", pty_shell, 1}, {0}};

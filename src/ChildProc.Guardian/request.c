/* request.c - see request.h. */
#include "request.h"

enum { BAD = -74 /* EBADMSG */ };

int cp_request_check(const void *message, size_t length)
{
    const struct cp_request *r = message;
    if (length < sizeof *r || r->frame.type != CP_REQUEST || r->frame.version != CP_VERSION || r->frame.length != length)
        return BAD;
    if (r->limit_count > CP_MAX_LIMITS || r->group_count > CP_MAX_GROUPS || r->handle_count > CP_MAX_HANDLES)
        return BAD;
    if (r->path_count == 0 || r->body_length > CP_MAX_BODY)
        return BAD;
    /* Every string takes at least its NUL, so the counts are bounded by the body. */
    if (r->path_count > r->body_length || r->argument_count > r->body_length || r->variable_count > r->body_length)
        return BAD;
    if (r->stdio[0] > CP_STDIO_HANDLE || r->stdio[1] > CP_STDIO_HANDLE || r->stdio[2] > CP_STDIO_AS_STDOUT)
        return BAD;
    if (r->flags & CP_CONTROLLING_TERMINAL &&
        (!(r->flags & CP_NEW_SESSION) || r->terminal > 2 || r->stdio[r->terminal] != CP_STDIO_HANDLE))
        return BAD;
    size_t inline_body = length - sizeof *r;
    if (inline_body != (r->flags & CP_BODY_IN_MEMFD ? 0 : r->body_length))
        return BAD;
    return 0;
}

size_t cp_request_vectors(const struct cp_request *r)
{
    return (size_t)r->path_count + r->argument_count + r->variable_count + 3;
}

/* Points `vector` at the next `count` strings; returns where they end, or NULL when one is not terminated. */
static const char *read_strings(const char *at, const char *end, uint32_t count, const char **vector)
{
    for (uint32_t i = 0; i < count; i++) {
        vector[i] = at;
        while (at < end && *at)
            at++;
        if (at == end)
            return NULL;
        at++;
    }
    vector[count] = NULL;
    return at;
}

int cp_request_read(const struct cp_request *r, const void *body, size_t body_length, const char **vectors,
                    struct cp_plan *plan)
{
    size_t fixed = r->limit_count * sizeof(struct cp_limit) + (r->group_count + (size_t)r->handle_count) * 4;
    if (body_length != r->body_length || fixed > body_length)
        return BAD;

    const char *at = body, *end = at + body_length;
    plan->request = r;
    plan->limits = (const void *)at;
    at += r->limit_count * sizeof(struct cp_limit);
    plan->groups = (const void *)at;
    at += r->group_count * (size_t)4;
    plan->handle_targets = (const void *)at;
    at += r->handle_count * (size_t)4;
    for (uint32_t i = 0; i < r->handle_count; i++)
        if (plan->handle_targets[i] < 3)
            return BAD;

    plan->paths = vectors;
    plan->arguments = plan->paths + r->path_count + 1;
    plan->variables = plan->arguments + r->argument_count + 1;
    if (!(at = read_strings(at, end, r->path_count, plan->paths)) ||
        !(at = read_strings(at, end, r->argument_count, plan->arguments)) ||
        !(at = read_strings(at, end, r->variable_count, plan->variables)) || at != end)
        return BAD;

    plan->descriptor_count = 2 /* lifeline, working directory */ + (r->flags & CP_BODY_IN_MEMFD ? 1 : 0) +
                             (r->stdio[0] == CP_STDIO_HANDLE) + (r->stdio[1] == CP_STDIO_HANDLE) +
                             (r->stdio[2] == CP_STDIO_HANDLE) + (int)r->handle_count;
    return 0;
}

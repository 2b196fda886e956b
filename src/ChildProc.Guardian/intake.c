/* intake.c - see intake.h. */
#include "intake.h"
#include "sys.h"

enum { INLINE_VECTORS = 1024 };

static const char *s_vectors[INLINE_VECTORS];

/* Of a file that is not sealed (a seccomp filter refuses memfd_create to the host): a copy of ours. */
static const void *copy_body(int fd, size_t length)
{
    char *copy = sys_map(length, MAP_PRIVATE_ | MAP_ANONYMOUS_, -1);
    size_t done = 0;
    long n = copy ? SYS3(NR_lseek, fd, 0, SEEK_SET_) : -ENOMEM_;
    while (n >= 0 && done < length && (n = sys_read(fd, copy + done, length - done)) > 0)
        done += (size_t)n;
    if (copy && done < length) {
        sys_unmap(copy, length);
        return NULL;
    }
    return copy;
}

/* The body in a memfd: sealed, so that nobody can change or cut it under our feet. */
static const void *map_body(int fd, size_t length)
{
    int needed = F_SEAL_SHRINK_ | F_SEAL_WRITE_;
    long seals = sys_fcntl(fd, F_GET_SEALS_, 0);
    if (seals < 0 || (seals & needed) != needed)
        return copy_body(fd, length);
    return SYS3(NR_lseek, fd, 0, SEEK_END_) >= (long)length ? sys_map(length, MAP_PRIVATE_, fd) : NULL;
}

int cp_intake_open(struct cp_intake *intake, const struct cp_request *r, const struct cp_descriptors *descriptors)
{
    int in_memfd = (r->flags & CP_BODY_IN_MEMFD) != 0;
    size_t needed = cp_request_vectors(r);
    *intake = (struct cp_intake){.first = 1 + in_memfd, .plan.request = r};
    intake->vectors = needed <= INLINE_VECTORS
                          ? s_vectors
                          : sys_map(needed * sizeof *intake->vectors, MAP_PRIVATE_ | MAP_ANONYMOUS_, -1);
    if (in_memfd && descriptors->count > 1)
        intake->mapped_body = map_body(descriptors->fd[1], r->body_length);
    const void *body = in_memfd ? intake->mapped_body : (const void *)(r + 1);
    if (!intake->vectors || !body)
        return -ENOMEM_;
    if (cp_request_read(r, body, r->body_length, intake->vectors, &intake->plan) ||
        intake->plan.descriptor_count != descriptors->count)
        return -EBADMSG_;
    return 0;
}

void cp_intake_close(struct cp_intake *intake)
{
    const struct cp_request *r = intake->plan.request;
    if (intake->vectors && intake->vectors != s_vectors)
        sys_unmap(intake->vectors, cp_request_vectors(r) * sizeof *intake->vectors);
    if (intake->mapped_body)
        sys_unmap((void *)intake->mapped_body, r->body_length);
}

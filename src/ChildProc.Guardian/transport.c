/* transport.c - see transport.h. */
#include "transport.h"
#include "sys.h"

long cp_receive(int socket, void *buffer, size_t size, struct cp_descriptors *descriptors)
{
    union {
        struct cmsghdr_ header;
        char space[sizeof(struct cmsghdr_) + sizeof(int) * 256];
    } control;
    struct iovec_ part = {buffer, size};
    struct msghdr_ message = {.iov = &part, .iov_count = 1};
    if (descriptors) {
        descriptors->count = 0;
        descriptors->truncated = 0;
        message.control = &control;
        message.control_length = sizeof control;
    }

    long received;
    do
        received = SYS3(NR_recvmsg, socket, &message, MSG_CMSG_CLOEXEC_);
    while (received == -EINTR_ || received == -ECONNRESET_); /* ours unread; theirs are still to come, then 0 */
    if (received < 0)
        return received;

    if (descriptors) {
        descriptors->truncated = (message.flags & MSG_CTRUNC_) != 0;
        if (message.control_length >= sizeof control.header && control.header.level == SOL_SOCKET_ &&
            control.header.type == SCM_RIGHTS_) {
            const int *fds = (const int *)(control.space + sizeof control.header);
            int count = (int)((control.header.length - sizeof control.header) / sizeof(int));
            for (int i = 0; i < count; i++) {
                if (descriptors->count < CP_MAX_DESCRIPTORS)
                    descriptors->fd[descriptors->count++] = fds[i];
                else
                    sys_close(fds[i]);
            }
        }
    }
    if (message.flags & MSG_TRUNC_) {
        if (descriptors)
            cp_close_all(descriptors);
        return -EBADMSG_;
    }
    return received;
}

long cp_send(int socket, const void *data, size_t length, int fd)
{
    struct {
        struct cmsghdr_ header;
        int fd;
        int pad;
    } control = {{sizeof(struct cmsghdr_) + sizeof(int), SOL_SOCKET_, SCM_RIGHTS_}, fd, 0};
    struct iovec_ part = {(void *)data, length};
    struct msghdr_ message = {.iov = &part, .iov_count = 1};
    if (fd >= 0) {
        message.control = &control;
        message.control_length = sizeof control;
    }
    long sent = SYS3(NR_sendmsg, socket, &message, MSG_DONTWAIT_ | MSG_NOSIGNAL_);
    return sent < 0 ? sent : 0;
}

void cp_close_all(struct cp_descriptors *descriptors)
{
    for (int i = 0; i < descriptors->count; i++)
        if (descriptors->fd[i] >= 0)
            sys_close(descriptors->fd[i]);
    descriptors->count = 0;
}

const struct cp_frame *cp_next_frame(const void *message, size_t length, size_t *at)
{
    const struct cp_frame *frame = (const struct cp_frame *)((const char *)message + *at);
    size_t left = length - *at;
    if (left < sizeof *frame || frame->version != CP_VERSION || frame->length < sizeof *frame || frame->length > left ||
        frame->length % 8 != 0)
        return NULL;
    *at += frame->length;
    return frame;
}

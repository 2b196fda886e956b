/*
 * transport.h - whole messages and their descriptors over a SOCK_SEQPACKET socket.
 */
#ifndef CP_TRANSPORT_H
#define CP_TRANSPORT_H

#include "protocol.h"
#include <stddef.h>

struct cp_descriptors {
    int count;
    int truncated; /* the kernel could not install all of them (MSG_CTRUNC: no descriptor left) */
    int fd[CP_MAX_DESCRIPTORS];
};

/* Blocks. Bytes received (0: end of file) or -errno; -EBADMSG when the message was longer than the buffer. */
long cp_receive(int socket, void *buffer, size_t size, struct cp_descriptors *descriptors);

/* Without blocking and without SIGPIPE. 0 or -errno. `fd` < 0: none. */
long cp_send(int socket, const void *message, size_t length, int fd);

void cp_close_all(struct cp_descriptors *descriptors);

/* The next frame of a received message: NULL at the end, or when what is left is no frame of this version.
 * `at` starts at 0 and moves past the frame. */
const struct cp_frame *cp_next_frame(const void *message, size_t length, size_t *at);

#endif
